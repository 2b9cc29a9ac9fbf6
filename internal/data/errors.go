package data

import "errors"

// What can be asked of an error of this package with errors.Is.
var (
	ErrNotHere   = errors.New("not here")                            // no such item on this node
	ErrChanged   = errors.New("the file changed since it was read")  // the next scan sees what it is now
	ErrBusy      = errors.New("it is arriving already")              // another goroutine or process writes it
	ErrNoSpace   = errors.New("not enough free disk space")          // now; promises end, files go
	ErrMismatch  = errors.New("the bytes are not the declared ones") // wrong hash or length
	ErrCorrupt   = errors.New("the file is corrupt")                 // right bytes, wrong format
	ErrUndecided = errors.New("the file could not be judged")        // neither valid nor corrupt: try again
)
