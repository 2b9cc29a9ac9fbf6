package format

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzReadArray(f *testing.F) {
	for _, seed := range []string{
		"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n",
		"\x93NUMPY\x02\x00\xff\xff\xff\xff{'shape': (", "\x93NUMPY\x01\x00\x3a\x00{'shape': (), 'fortran_order': True, 'descr': '|O'}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		read, err := readArray(bytes.NewReader(content))
		if err != nil {
			return
		}
		require.LessOrEqual(t, read.start, int64(maxHeaderBytes+12))
		require.LessOrEqual(t, len(read.shape), maxDimensions)
		for _, dimension := range read.shape {
			require.True(t, dimension >= 0 && dimension <= maxDimension, "%d", dimension)
		}
		total, err := read.bytes()
		require.False(t, err == nil && total < read.start, "bytes %d of a header of %d", total, read.start)
	})
}
