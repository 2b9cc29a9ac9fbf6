package transfer

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/format"
)

func (s *Server) lendInventory(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	limit := data.MaxPage
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > data.MaxPage {
			http.Error(w, "limit needs a number from 1 to "+strconv.Itoa(data.MaxPage), http.StatusBadRequest)
			return
		}
		limit = n
	}
	s.answer(w, r, s.dir.Page(query.Get("after"), limit))
}

// lendContent answers a request by hash: the bytes, or their marks.
func (s *Server) lendContent(w http.ResponseWriter, r *http.Request, peer, text string, marks bool) {
	sum, err := data.ParseSum(text)
	if err != nil {
		s.refuse(w, peer, http.StatusNotFound, "no such item")
		return
	}
	item, file, err := s.dir.OpenContent(sum)
	if err != nil {
		s.missing(w, r, peer, err)
		return
	}
	defer func() { _ = file.Close() }() // it was only read
	if !marks {
		s.lend(w, r, peer, item, file)
		return
	}
	content, err := s.dir.Marks(r.Context(), item)
	if err != nil {
		s.missing(w, r, peer, err)
		return
	}
	s.answer(w, r, marksAnswer{SHA256: content.SHA256, Bytes: content.Bytes, ChunkBytes: data.ChunkBytes, Marks: content.Marks})
}

func (s *Server) lendPlace(w http.ResponseWriter, r *http.Request, peer string, place data.Place) {
	item, found := s.dir.Lookup(place)
	switch {
	case !found:
		s.refuse(w, peer, http.StatusNotFound, "no such item")
		return
	case item.Live:
		s.refuse(w, peer, http.StatusConflict, "a live database is not sent: ask for its snapshot or segments")
		return
	}
	file, err := s.dir.OpenItem(item)
	if err != nil {
		s.missing(w, r, peer, err)
		return
	}
	defer func() { _ = file.Close() }() // it was only read
	s.lend(w, r, peer, item, file)
}

func (s *Server) lendDigest(w http.ResponseWriter, r *http.Request, peer, name string) {
	digest, err := s.digests.of(r.Context(), name)
	if format.IsBusy(err) || errors.Is(err, errDigestUnderWay) {
		w.Header().Set("Retry-After", "2")
		s.refuse(w, peer, http.StatusServiceUnavailable, "the store is busy")
		return
	}
	if err != nil {
		s.missing(w, r, peer, err)
		return
	}
	s.answer(w, r, digest)
}

// missing answers for an item that is gone or changed. To who asked for one version, a change is a failed
// precondition.
func (s *Server) missing(w http.ResponseWriter, r *http.Request, peer string, err error) {
	switch {
	case errors.Is(err, data.ErrChanged) && r.Header.Get("If-Match") != "":
		s.refuse(w, peer, http.StatusPreconditionFailed, "the file changed")
	case errors.Is(err, data.ErrChanged), errors.Is(err, data.ErrNotHere):
		s.refuse(w, peer, http.StatusNotFound, "no such item")
	case r.Context().Err() != nil: // nobody listens any more
	default:
		s.config.Logger.Error("a file cannot be lent", "path", r.URL.Path, "error", err)
		http.Error(w, "the file cannot be read", http.StatusInternalServerError)
	}
}

// lend sends a file, or the one range that is asked for.
func (s *Server) lend(w http.ResponseWriter, r *http.Request, peer string, item data.Item, file *os.File) {
	if strings.Contains(r.Header.Get("Range"), ",") {
		s.refuse(w, peer, http.StatusRequestedRangeNotSatisfiable, "one range at a time is sent")
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("ETag", etag(item.SHA256))
	http.ServeContent(s.stream(w, r, peer), r, "", time.Time{}, file)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		s.config.Logger.Error("an answer cannot be encoded", "path", r.URL.Path, "error", err)
		http.Error(w, "the answer cannot be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = s.stream(w, r, peerOf(r.RemoteAddr)).Write(text) // a reader that went away is no event of ours
}
