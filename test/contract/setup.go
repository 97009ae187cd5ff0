package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"

	jose "github.com/go-jose/go-jose/v4"
)

// The instance: the same data as in the stand-in.
type setup struct {
	Clients      map[string]client   `json:"clients"`
	Tokens       map[string]token    `json:"tokens"`
	ProjectRoles map[string][]string `json:"projectRoles"`
}

// An active application. Keys are PEM (PKIX) by key id.
type client struct {
	ProjectID string            `json:"projectId"`
	Secret    string            `json:"secret"`
	Keys      map[string]string `json:"keys"`
}

// An active access token. Times are in seconds.
type token struct {
	ID         string                       `json:"id"`
	Subject    string                       `json:"sub"`
	ClientID   string                       `json:"clientId"`
	ProjectID  string                       `json:"projectId"`
	Scope      []string                     `json:"scope"`
	Audience   []string                     `json:"audience"`
	IssuedAt   int64                        `json:"issuedAt"`
	Expiration int64                        `json:"expiration"`
	AuthTime   int64                        `json:"authTime"`
	AMR        []string                     `json:"amr"`
	Actor      *actor                       `json:"actor"`
	IsPAT      bool                         `json:"isPat"`
	Minimal    bool                         `json:"minimal"`
	User       user                         `json:"user"`
	Roles      map[string]map[string]string `json:"roles"`
	Claims     map[string]any               `json:"claims"`
}

type actor struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	Actor   *actor `json:"act"`
}

type user struct {
	Username      string            `json:"username"`
	Name          string            `json:"name"`
	GivenName     string            `json:"givenName"`
	FamilyName    string            `json:"familyName"`
	NickName      string            `json:"nickName"`
	Gender        string            `json:"gender"`
	Human         bool              `json:"human"`
	Language      string            `json:"language"`
	UpdatedAt     int64             `json:"updatedAt"`
	Email         string            `json:"email"`
	EmailVerified bool              `json:"emailVerified"`
	Phone         string            `json:"phone"`
	PhoneVerified bool              `json:"phoneVerified"`
	Metadata      map[string]string `json:"metadata"`
	Organization  organization      `json:"organization"`
}

type organization struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	PrimaryDomain string `json:"primaryDomain"`
}

// Returns the public key with the key id of a signature.
func (c client) publicKey(jws *jose.JSONWebSignature) (any, error) {
	encoded, ok := c.Keys[jws.Signatures[0].Header.KeyID]
	if !ok {
		return nil, errors.New("cannot decode, empty data")
	}
	block, _ := pem.Decode([]byte(encoded))
	return x509.ParsePKIXPublicKey(block.Bytes)
}
