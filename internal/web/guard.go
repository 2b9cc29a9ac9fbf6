package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// guard refuses requests that no honest client sends.
type guard struct {
	hosts  []string
	token  [sha256.Size]byte
	secret bool
	origin *http.CrossOriginProtection
}

func newGuard(cfg Config) *guard {
	g := &guard{hosts: []string{"localhost"}, secret: cfg.Token != "", origin: http.NewCrossOriginProtection()}
	g.token = sha256.Sum256([]byte(cfg.Token))
	if host, _, err := net.SplitHostPort(cfg.Addr); err == nil && host != "" {
		g.hosts = append(g.hosts, strings.ToLower(host))
	}
	for _, host := range cfg.AllowedHosts {
		g.hosts = append(g.hosts, strings.ToLower(host))
	}
	return g
}

// protect wraps the whole server: headers of every answer, the Host header, cross-site writes.
func (g *guard) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		if !g.knowsHost(r.Host) {
			writeFault(w, http.StatusForbidden, "the Host header names a host that this server does not serve")
			return
		}
		if err := g.origin.Check(r); err != nil {
			writeFault(w, http.StatusForbidden, "a page of another origin may not write here")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// private demands the token, if there is one.
func (g *guard) private(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.hasToken(r) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="ringrift"`)
			writeFault(w, http.StatusUnauthorized, "send the token as `Authorization: Bearer …`")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// knowsHost stops DNS rebinding, which always comes with the name of the attacker's host: an address
// that is written as a number cannot be rebound, and only the probes of old load balancers name no host.
func (g *guard) knowsHost(hostport string) bool {
	if hostport == "" {
		return true
	}
	host := hostport
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	return slices.Contains(g.hosts, host)
}

// hasToken compares digests, so that neither content nor length shows in the time it takes.
func (g *guard) hasToken(r *http.Request) bool {
	if !g.secret {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

// only answers requests of one method; a GET is also good for HEAD.
func only(method string, next http.HandlerFunc) http.Handler {
	allow := method
	if method == http.MethodGet {
		allow = "GET, HEAD"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method && (method != http.MethodGet || r.Method != http.MethodHead) {
			w.Header().Set("Allow", allow)
			writeFault(w, http.StatusMethodNotAllowed, r.URL.Path+" takes "+allow+" only")
			return
		}
		next(w, r)
	})
}

func setHeaders(header http.Header) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
}
