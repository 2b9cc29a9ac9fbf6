package transfer

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"golang.org/x/time/rate"
)

// sliceBytes is how much is sent under one deadline and one permit of the limiters. It is large enough for
// sendfile to pay and small enough for a slow but honest reader.
const sliceBytes = 256 << 10

// stream is a ResponseWriter that sends in slices: it waits for the limiters, and gives each slice a
// deadline, so that a reader that takes nothing is cut off.
type stream struct {
	http.ResponseWriter
	server  *Server
	peer    string
	ctx     context.Context // of the request, as long as which a stream lives
	limits  []*rate.Limiter
	control *http.ResponseController
}

func (s *Server) stream(w http.ResponseWriter, r *http.Request, peer string) *stream {
	out := &stream{ResponseWriter: w, server: s, peer: peer, ctx: r.Context(), control: http.NewResponseController(w)}
	for _, limit := range []*rate.Limiter{s.rate, newLimiter(s.config.StreamBytesPerSecond)} {
		if limit != nil {
			out.limits = append(out.limits, limit)
		}
	}
	return out
}

// newLimiter returns a limiter of bytes, nil for an unlimited one. Its burst holds a slice.
func newLimiter(bytesPerSecond int64) *rate.Limiter {
	if bytesPerSecond == 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(bytesPerSecond), sliceBytes)
}

// Write sends bytes.
func (s *stream) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		slice := p[written:min(written+sliceBytes, len(p))]
		if err := s.permit(len(slice)); err != nil {
			return written, err
		}
		n, err := s.ResponseWriter.Write(slice)
		written += n
		if err != nil {
			return written, s.failed(err)
		}
	}
	return written, nil
}

// ReadFrom sends what a reader gives. http.ServeContent gives a limited file, of which the kernel sends each
// slice without copying it.
func (s *stream) ReadFrom(r io.Reader) (int64, error) {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		return io.Copy(struct{ io.Writer }{s}, r)
	}
	var sent int64
	for limited.N > 0 {
		slice := min(limited.N, sliceBytes)
		if err := s.permit(int(slice)); err != nil {
			return sent, err
		}
		n, err := io.CopyN(s.ResponseWriter, limited.R, slice)
		sent += n
		limited.N -= n
		if err != nil {
			return sent, s.failed(err)
		}
	}
	return sent, nil
}

// permit waits for the limiters and then winds the deadline.
func (s *stream) permit(bytes int) error {
	for _, limit := range s.limits {
		if err := limit.WaitN(s.ctx, bytes); err != nil {
			return err
		}
	}
	return s.control.SetWriteDeadline(time.Now().Add(s.server.config.StallTimeout))
}

// failed tells of a reader that was cut off; one that hung up is no event.
func (s *stream) failed(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.server.refusals.tell(s.peer, "slow reader", "it took nothing for "+s.server.config.StallTimeout.String())
	}
	return err
}
