package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/web"
)

func TestPageRunsItsOwnScriptOnly(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	response, text := r.do(t, http.MethodGet, "/", "")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
	policy := response.Header.Get("Content-Security-Policy")
	scripts := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(text, -1)
	require.Len(t, scripts, 1)
	sum := sha256.Sum256([]byte(scripts[0][1]))
	require.Contains(t, policy, "script-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	require.Contains(t, policy, "default-src 'none'")
	require.Contains(t, policy, "connect-src 'self'")
	response, _ = r.do(t, http.MethodGet, "/status", "")
	require.NotContains(t, response.Header.Get("Content-Security-Policy"), "script-src", "the page's alone")
}

// What a daemon or a ledger says is text: the page has no way to make elements of it, and asks no other server.
func TestPageMakesNoMarkupOfWhatItIsTold(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	_, text := r.do(t, http.MethodGet, "/", "")
	for _, forbidden := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "@import", "url("} {
		require.NotContains(t, text, forbidden)
	}
	require.Equal(t, []string{"http://www.w3.org/2000/svg"}, regexp.MustCompile(`https?://[^"]*`).FindAllString(text, -1), "the name of a vocabulary")
	require.Contains(t, text, `href="/status"`)
	require.NotContains(t, strings.ToLower(text), " onclick=")
}
