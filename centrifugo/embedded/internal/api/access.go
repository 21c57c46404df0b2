package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

func onlyPost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if request.Method != http.MethodPost {
			writer.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(writer, request)
	})
}

// requireKey lets those through who know the key; without a key, nobody.
func requireKey(key string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if key == "" || !isKey(key, headerKey(request)) && !isKey(key, request.URL.Query().Get("api_key")) {
			writer.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(writer, request)
	})
}

// headerKey returns the key from X-API-Key or, where there is none, from "Authorization: apikey …".
func headerKey(request *http.Request) string {
	if key := request.Header.Get("X-API-Key"); key != "" {
		return key
	}
	words := strings.Fields(request.Header.Get("Authorization"))
	if len(words) == 2 && strings.EqualFold(words[0], "apikey") {
		return words[1]
	}
	return ""
}

// isKey compares in a time that tells neither the key nor its length.
func isKey(key, offered string) bool {
	want, got := sha256.Sum256([]byte(key)), sha256.Sum256([]byte(offered))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}
