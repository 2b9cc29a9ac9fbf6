package data

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"
)

// ChunkBytes is the distance between marks, and the largest part of an item that travels in one request.
const ChunkBytes = 4 << 20

// Content is what a file's bytes are.
type Content struct {
	SHA256 Sum
	Bytes  int64
	// Marks are the SHA-256 of everything up to the end of each chunk of ChunkBytes. The last one is SHA256
	// itself, so a list of marks belongs to one content only, and one pass of hashing verifies each chunk as
	// it comes and the whole at the end. An empty file has none.
	Marks []Sum
}

// Chunks is the number of chunks, and so of marks, of a file.
func Chunks(bytes int64) int { return int((bytes + ChunkBytes - 1) / ChunkBytes) }

// hasher computes a Content from bytes written to it.
type hasher struct {
	hash  hash.Hash
	bytes int64
	marks []Sum // of full chunks only
}

func newHasher() *hasher { return &hasher{hash: sha256.New()} }

// Write never fails.
func (h *hasher) Write(p []byte) (int, error) {
	written := len(p)
	for len(p) > 0 {
		n := min(int64(len(p)), ChunkBytes-h.bytes%ChunkBytes)
		h.hash.Write(p[:n])
		h.bytes += n
		if h.bytes%ChunkBytes == 0 {
			h.marks = append(h.marks, h.sum())
		}
		p = p[n:]
	}
	return written, nil
}

func (h *hasher) sum() Sum { return Sum(h.hash.Sum(nil)) }

func (h *hasher) content() Content {
	marks := h.marks[:len(h.marks):len(h.marks)]
	if h.bytes%ChunkBytes != 0 {
		marks = append(marks, h.sum())
	}
	return Content{SHA256: h.sum(), Bytes: h.bytes, Marks: marks}
}

// fork returns a hasher that goes on from the same bytes, so that a chunk that proves wrong can be undone.
func (h *hasher) fork() (*hasher, error) {
	cloner, ok := h.hash.(hash.Cloner)
	if !ok {
		return nil, fmt.Errorf("this build's SHA-256 cannot be cloned")
	}
	clone, err := cloner.Clone()
	if err != nil {
		return nil, fmt.Errorf("clone SHA-256: %w", err)
	}
	return &hasher{hash: clone, bytes: h.bytes, marks: h.marks[:len(h.marks):len(h.marks)]}, nil
}

// ReadContent reads r to its end.
func ReadContent(ctx context.Context, r io.Reader) (Content, error) {
	hasher := newHasher()
	if err := copyBytes(ctx, hasher, r); err != nil {
		return Content{}, err
	}
	return hasher.content(), nil
}

// FileContent reads a file, of any place.
func FileContent(ctx context.Context, path string) (Content, error) {
	file, err := os.Open(path)
	if err != nil {
		return Content{}, fmt.Errorf("hash: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	content, err := ReadContent(ctx, file)
	if err != nil {
		return Content{}, fmt.Errorf("hash %s: %w", path, err)
	}
	return content, nil
}

// copyBytes copies until r ends or ctx does, with a fixed buffer.
func copyBytes(ctx context.Context, w io.Writer, r io.Reader) error {
	buffer := make([]byte, 256<<10)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(buffer)
		if _, wrong := w.Write(buffer[:n]); wrong != nil {
			return wrong
		}
		switch err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}
