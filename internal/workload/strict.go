package workload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Sizes beyond which a document is refused unread.
const (
	MaxManifestBytes = 1 << 20
	MaxRequestBytes  = 4 << 20
	MaxResultBytes   = 16 << 20
)

// DecodeStrict reads one JSON document into value and refuses fields that value does not have, and anything
// after the document.
func DecodeStrict(document []byte, value any) error {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("the document is empty")
		}
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON document")
	}
	return nil
}

// ReadBounded returns the contents of a regular file of at most limit bytes.
func ReadBounded(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	contents, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if int64(len(contents)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return contents, nil
}
