package main

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/text/language"
)

const (
	roleScope             = "urn:zitadel:iam:org:project:role:"
	roleOrganizationScope = "urn:zitadel:iam:org:roles:id:"
	organizationScope     = "urn:zitadel:iam:org:id:"
	domainScope           = "urn:zitadel:iam:org:domain:primary:"
	metadataScope         = "urn:zitadel:iam:user:metadata"
	resourceOwnerScope    = "urn:zitadel:iam:user:resourceowner"
)

func (t token) response(issuer, projectID string) *oidc.IntrospectionResponse {
	response := &oidc.IntrospectionResponse{
		Active:                          true,
		Scope:                           t.Scope,
		ClientID:                        t.ClientID,
		TokenType:                       oidc.BearerToken,
		Expiration:                      oidc.Time(t.Expiration),
		IssuedAt:                        oidc.Time(t.IssuedAt),
		AuthTime:                        oidc.Time(t.AuthTime),
		NotBefore:                       oidc.Time(t.IssuedAt),
		Audience:                        t.Audience,
		AuthenticationMethodsReferences: t.AMR,
		Issuer:                          issuer,
		JWTID:                           t.ID,
		Actor:                           t.Actor.claims(),
	}
	info := &oidc.UserInfo{Subject: t.Subject}
	if !t.Minimal {
		t.addProfile(info)
		t.addZitadelClaims(info, projectID)
	}
	for name, value := range t.Claims {
		info.AppendClaims(name, value)
	}
	response.SetUserInfo(info)
	return response
}

func (t token) addProfile(info *oidc.UserInfo) {
	if slices.Contains(t.Scope, oidc.ScopeProfile) {
		info.UserInfoProfile = oidc.UserInfoProfile{
			Name:              t.User.Name,
			GivenName:         t.User.GivenName,
			FamilyName:        t.User.FamilyName,
			Nickname:          t.User.NickName,
			Gender:            oidc.Gender(t.User.Gender),
			UpdatedAt:         oidc.Time(t.User.UpdatedAt),
			PreferredUsername: t.User.Username,
		}
		if t.User.Human {
			info.Locale = oidc.NewLocale(language.Make(t.User.Language))
		}
	}
	if slices.Contains(t.Scope, oidc.ScopeEmail) {
		info.UserInfoEmail = oidc.UserInfoEmail{Email: t.User.Email, EmailVerified: oidc.Bool(t.User.EmailVerified)}
	}
	if slices.Contains(t.Scope, oidc.ScopePhone) {
		info.UserInfoPhone = oidc.UserInfoPhone{PhoneNumber: t.User.Phone, PhoneNumberVerified: oidc.Bool(t.User.PhoneVerified)}
	}
}

func (t token) addZitadelClaims(info *oidc.UserInfo, projectID string) {
	if roles := t.visibleRoles(projectID); len(roles) > 0 {
		info.AppendClaims("urn:zitadel:iam:org:project:roles", roles)
		info.AppendClaims("urn:zitadel:iam:org:project:"+projectID+":roles", roles)
	}
	if slices.Contains(t.Scope, metadataScope) && len(t.User.Metadata) > 0 {
		metadata := make(map[string]string, len(t.User.Metadata))
		for key, value := range t.User.Metadata {
			metadata[key] = base64.RawURLEncoding.EncodeToString([]byte(value))
		}
		info.AppendClaims(metadataScope, metadata)
	}
	organizations := suffixes(t.Scope, organizationScope)
	if slices.Contains(t.Scope, resourceOwnerScope) || len(organizations) > 0 {
		info.AppendClaims(resourceOwnerScope+":id", t.User.Organization.ID)
		info.AppendClaims(resourceOwnerScope+":name", t.User.Organization.Name)
		info.AppendClaims(resourceOwnerScope+":primary_domain", t.User.Organization.PrimaryDomain)
	}
	for _, id := range organizations {
		info.AppendClaims("urn:zitadel:iam:org:id", id)
	}
	for _, domain := range suffixes(t.Scope, domainScope) {
		info.AppendClaims("urn:zitadel:iam:org:domain:primary", domain)
	}
}

func (t token) visibleRoles(projectID string) map[string]map[string]string {
	if t.ProjectID != projectID {
		return nil
	}
	keys, organizations := suffixes(t.Scope, roleScope), suffixes(t.Scope, roleOrganizationScope)
	visible := make(map[string]map[string]string)
	for role, grants := range t.Roles {
		for id, domain := range grants {
			if (len(keys) == 0 || slices.Contains(keys, role)) && (len(organizations) == 0 || slices.Contains(organizations, id)) {
				if visible[role] == nil {
					visible[role] = make(map[string]string)
				}
				visible[role][id] = domain
			}
		}
	}
	return visible
}

func (a *actor) claims() *oidc.ActorClaims {
	if a == nil {
		return nil
	}
	return &oidc.ActorClaims{Actor: a.Actor.claims(), Issuer: a.Issuer, Subject: a.Subject}
}

func suffixes(scopes []string, prefix string) []string {
	var found []string
	for _, scope := range scopes {
		if suffix, ok := strings.CutPrefix(scope, prefix); ok {
			found = append(found, suffix)
		}
	}
	return found
}
