package transfer

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/ringrift/orchestrator/internal/data"
)

// ServeHTTP answers one request. Whoever does not know the token learns nothing but that.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	peer := peerOf(r.RemoteAddr)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if !s.authorized(r) {
		w.Header().Set("Connection", "close")
		w.Header().Set("WWW-Authenticate", "Bearer")
		s.refuse(w, peer, http.StatusUnauthorized, "the token is missing or wrong")
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Connection", "close") // the body is not read
		w.Header().Set("Allow", "GET, HEAD")
		s.refuse(w, peer, http.StatusMethodNotAllowed, "only GET and HEAD are answered")
		return
	}
	if status := s.gate.enter(peer); status != 0 {
		w.Header().Set("Retry-After", "1")
		s.refuse(w, peer, status, "too many requests are under way")
		return
	}
	defer s.gate.leave(peer)
	s.route(w, r, peer)
}

// route finds the answer by the path as it was sent: no name needs an encoding, so an encoded one is unknown.
// Files are looked up among the items that a scan found, never opened by what a request says.
func (s *Server) route(w http.ResponseWriter, r *http.Request, peer string) {
	path := r.URL.EscapedPath()
	if path == pathInventory {
		s.lendInventory(w, r)
	} else if rest, found := strings.CutPrefix(path, pathItems); found {
		sum, marks := strings.CutSuffix(rest, marksSuffix)
		s.lendContent(w, r, peer, sum, marks)
	} else if rest, found := strings.CutPrefix(path, pathFiles); found {
		role, name, _ := strings.Cut(rest, "/")
		s.lendPlace(w, r, peer, data.Place{Role: data.Role(role), Name: name})
	} else if name, found := strings.CutPrefix(path, pathDigest); found {
		s.lendDigest(w, r, peer, name)
	} else {
		s.refuse(w, peer, http.StatusNotFound, "no such path")
	}
}

// authorized compares in constant time; comparing hashes hides the lengths too.
func (s *Server) authorized(r *http.Request) bool {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		return false
	}
	sum, equal := sha256.Sum256([]byte(token)), 0
	for _, known := range s.tokens {
		equal |= subtle.ConstantTimeCompare(sum[:], known[:])
	}
	return equal == 1
}

func (s *Server) refuse(w http.ResponseWriter, peer string, status int, reason string) {
	s.refusals.tell(peer, http.StatusText(status), reason)
	http.Error(w, reason, status)
}
