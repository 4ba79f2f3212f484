// A service that has its tokens made by the Go client of SuperTokens. It prints what the client gave it, as JSON, for the test that runs it.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/MicahParks/keyfunc/v2"
	jws "github.com/golang-jwt/jwt/v5"
	"github.com/supertokens/supertokens-golang/recipe/jwt"
	"github.com/supertokens/supertokens-golang/recipe/jwt/jwtmodels"
	"github.com/supertokens/supertokens-golang/recipe/openid"
	"github.com/supertokens/supertokens-golang/supertokens"
)

type discovery struct {
	Issuer  string `json:"issuer"`
	JwksURI string `json:"jwks_uri"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	// The service's own server: others find the keys by it, at the paths that the client adds.
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	defer server.Close()

	off := false
	err := supertokens.Init(supertokens.TypeInput{
		Supertokens: &supertokens.ConnectionInfo{
			ConnectionURI: os.Getenv("CONNECTION_URI"),
			APIKey:        os.Getenv("API_KEY"),
		},
		AppInfo: supertokens.AppInfo{
			AppName:       "service",
			APIDomain:     server.URL,
			WebsiteDomain: "http://www.example.com",
		},
		RecipeList: []supertokens.Recipe{jwt.Init(nil), openid.Init(nil)},
		Telemetry:  &off,
	})
	if err != nil {
		return err
	}
	handler = supertokens.Middleware(http.NotFoundHandler())

	minute, isStatic := uint64(60), false
	payload := func() map[string]interface{} { return map[string]interface{}{"source": "microservice"} }
	tokens := map[string]string{}
	for name, create := range map[string]func() (jwtmodels.CreateJWTResponse, error){
		"usual":    func() (jwtmodels.CreateJWTResponse, error) { return jwt.CreateJWT(payload(), nil, nil) },
		"short":    func() (jwtmodels.CreateJWTResponse, error) { return jwt.CreateJWT(payload(), &minute, nil) },
		"rotating": func() (jwtmodels.CreateJWTResponse, error) { return jwt.CreateJWT(payload(), nil, &isStatic) },
		"openid":   func() (jwtmodels.CreateJWTResponse, error) { return openid.CreateJWT(payload(), nil, nil) },
	} {
		created, err := create()
		if err != nil {
			return err
		}
		if created.OK == nil {
			return fmt.Errorf("no token: %+v", created)
		}
		tokens[name] = created.OK.Jwt
	}

	set, err := jwt.GetJWKS()
	if err != nil {
		return err
	}
	found, err := discover(server.URL + "/auth/.well-known/openid-configuration")
	if err != nil {
		return err
	}
	verified, err := verify(tokens, found)
	if err != nil {
		return err
	}
	querier, err := supertokens.GetNewQuerierInstanceOrThrowError("")
	if err != nil {
		return err
	}
	version, err := querier.GetQuerierAPIVersion()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"apiDomain": server.URL,
		"version":   version,
		"tokens":    tokens,
		"keys":      set.OK.Keys,
		"verified":  verified,
	})
}

func discover(url string) (discovery, error) {
	var found discovery
	response, err := http.Get(url)
	if err != nil {
		return found, err
	}
	defer response.Body.Close()
	return found, json.NewDecoder(response.Body).Decode(&found)
}

// Verifies the tokens as another service does: by the keys that the issuer's discovery document names.
func verify(tokens map[string]string, found discovery) (map[string]interface{}, error) {
	keys, err := keyfunc.Get(found.JwksURI, keyfunc.Options{})
	if err != nil {
		return nil, err
	}
	verified := map[string]interface{}{}
	for name, token := range tokens {
		parsed, err := jws.Parse(token, keys.Keyfunc, jws.WithValidMethods([]string{"RS256"}))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		verified[name] = parsed.Claims
	}
	openidToken, err := jws.Parse(tokens["openid"], keys.Keyfunc, jws.WithIssuer(found.Issuer))
	if err != nil || !openidToken.Valid {
		return nil, fmt.Errorf("not by the issuer %s: %w", found.Issuer, err)
	}
	return verified, nil
}
