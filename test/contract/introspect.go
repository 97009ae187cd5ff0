package main

import (
	"context"
	"errors"
	"slices"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

type server struct {
	op.UnimplementedServer
	setup setup
}

// Introspect reports only unauthorized_client. After any other error the token is inactive.
func (s *server) Introspect(ctx context.Context, r *op.Request[op.IntrospectionRequest]) (*op.Response, error) {
	response, err := s.introspect(ctx, r.Data)
	if errors.Is(err, oidc.ErrUnauthorizedClient()) {
		return nil, err
	}
	if err != nil {
		return op.NewResponse(new(oidc.IntrospectionResponse)), nil
	}
	return op.NewResponse(response), nil
}

func (s *server) introspect(ctx context.Context, request *op.IntrospectionRequest) (*oidc.IntrospectionResponse, error) {
	clientID, client, err := s.authenticate(ctx, request.ClientCredentials)
	if err != nil {
		return nil, err
	}
	token, ok := s.setup.Tokens[request.Token]
	if !ok || time.Unix(token.Expiration, 0).Before(time.Now()) {
		return nil, errors.New("token is not valid or has expired")
	}
	if token.IsPAT {
		token.Audience = append(token.Audience, clientID, client.ProjectID)
		for _, role := range s.setup.ProjectRoles[client.ProjectID] {
			token.Scope = append(token.Scope, roleScope+role)
		}
	}
	if !slices.Contains(token.Audience, clientID) && !slices.Contains(token.Audience, client.ProjectID) {
		return nil, errors.New("token is not valid for this client")
	}
	return token.response(op.IssuerFromContext(ctx), client.ProjectID), nil
}

func (s *server) authenticate(ctx context.Context, credentials *op.ClientCredentials) (string, client, error) {
	clientID := credentials.ClientID
	if credentials.ClientAssertion != "" {
		claims := new(oidc.JWTTokenRequest)
		if _, err := oidc.ParseToken(credentials.ClientAssertion, claims); err != nil {
			return "", client{}, oidc.ErrInvalidClient().WithParent(err)
		}
		clientID = claims.Issuer
	}
	client, ok := s.setup.Clients[clientID]
	if !ok {
		return "", client, oidc.ErrUnauthorizedClient()
	}
	if credentials.ClientAssertion != "" {
		verifier := op.NewJWTProfileVerifierKeySet(keySet{client}, op.IssuerFromContext(ctx), time.Hour, time.Second)
		if _, err := op.VerifyJWTAssertion(ctx, credentials.ClientAssertion, verifier); err != nil {
			return "", client, oidc.ErrUnauthorizedClient().WithParent(err)
		}
	} else if client.Secret == "" || client.Secret != credentials.ClientSecret {
		return "", client, oidc.ErrUnauthorizedClient()
	}
	return clientID, client, nil
}

type keySet struct{ client client }

func (k keySet) VerifySignature(_ context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	key, err := k.client.publicKey(jws)
	if err != nil {
		return nil, err
	}
	return jws.Verify(key)
}
