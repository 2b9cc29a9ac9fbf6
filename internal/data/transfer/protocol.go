package transfer

import (
	"fmt"
	"net/url"

	"github.com/ringrift/orchestrator/internal/data"
)

// Paths of the server. All need "Authorization: Bearer <token>"; all answer GET, files also HEAD.
//
//	/v1/inventory?after=&limit=   data.Page
//	/v1/items/<sha256>            the bytes; Range, If-Match, If-None-Match, If-Range; ETag is the quoted hash
//	/v1/items/<sha256>/marks      marksAnswer
//	/v1/files/<role>/<name>       the same bytes by place
//	/v1/digest/<name>             games.Digest of a live store
const (
	pathInventory = "/v1/inventory"
	pathItems     = "/v1/items/"
	pathFiles     = "/v1/files/"
	pathDigest    = "/v1/digest/"
	marksSuffix   = "/marks"
)

// DefaultAddress is where a node's files are served unless it is told otherwise.
const DefaultAddress = "127.0.0.1:8766"

// marksAnswer tells an item's marks; see data.Content.
type marksAnswer struct {
	SHA256     data.Sum   `json:"sha256"`
	Bytes      int64      `json:"bytes"`
	ChunkBytes int64      `json:"chunk_bytes"`
	Marks      []data.Sum `json:"marks"`
}

// Source is a node that lends its files.
type Source struct {
	Node string // for logs and results
	URL  string // such as http://10.0.0.7:8766
}

// url returns the address of a path of the source.
func (s Source) url(path string, query url.Values) (string, error) {
	base, err := url.Parse(s.URL)
	if err != nil {
		return "", fmt.Errorf("source %s: url: %w", s.Node, err)
	}
	if base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return "", fmt.Errorf("source %s: url %q: use http://host:port", s.Node, s.URL)
	}
	base.Path, base.RawQuery = path, query.Encode()
	return base.String(), nil
}

func etag(sum data.Sum) string { return `"` + sum.String() + `"` }
