// Serves /oauth/v2/introspect like ZITADEL: with the protocol library of ZITADEL, and the rules of ZITADEL on top of it. Its
// data are JSON on standard input. It prints its address when it listens.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/pkg/op"
)

const issuerHost = "auth.acme.example"

func main() {
	var data setup
	if err := json.NewDecoder(os.Stdin).Decode(&data); err != nil {
		log.Fatal(err)
	}
	introspection := op.RegisterServer(
		&server{setup: data},
		op.Endpoints{Introspection: op.NewEndpoint("/oauth/v2/introspect")},
		op.WithFallbackLogger(slog.New(slog.DiscardHandler)),
	)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, withIssuer(introspection)))
}

// The origin of the request is the issuer during the request.
func withIssuer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != issuerHost {
			http.Error(w, "unknown host", http.StatusNotFound)
			return
		}
		next.ServeHTTP(w, r.WithContext(op.ContextWithIssuer(r.Context(), "http://"+r.Host)))
	})
}
