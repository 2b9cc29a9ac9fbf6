package npz_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/npz"
)

func arrays() []npz.Array {
	return []npz.Array{
		{Name: "grid", Type: "|u1", Shape: []int{2, 3}},
		{Name: "score", Type: "<f4"},
		npz.Text("name", 5),
	}
}

// file writes rows: grid i, i+1, …, score bits i, name n<i>.
func file(t *testing.T, rows int) []byte {
	t.Helper()
	w, err := npz.NewWriter(t.TempDir(), arrays())
	require.NoError(t, err)
	for i := range rows {
		require.NoError(t, w.Append([]byte{byte(i), 1, 2, 3, 4, 5}, binary.LittleEndian.AppendUint32(nil, uint32(i)), fmt.Appendf(nil, "n%04d", i)))
	}
	require.Equal(t, rows, w.Rows())
	var data bytes.Buffer
	require.NoError(t, w.Store(&data, npz.TextScalar("about", "test")))
	require.NoError(t, w.Close())
	return data.Bytes()
}

func saved(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.npz")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

func TestRowsComeBack(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{0, 1, 5000} {
		r, err := npz.Open(saved(t, file(t, rows)))
		require.NoError(t, err)
		require.Equal(t, rows, r.Rows())
		require.Equal(t, "test", r.Scalar("about"))
		for i := range rows {
			row, err := r.Next()
			require.NoError(t, err)
			require.Equal(t, byte(i), row[0][0])
			require.Equal(t, uint32(i), binary.LittleEndian.Uint32(row[1]))
			require.Equal(t, fmt.Sprintf("n%04d", i), npz.Trim(row[2]))
		}
		_, err = r.Next()
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, r.Close())
	}
}

func TestSameRowsGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	require.Equal(t, file(t, 300), file(t, 300))
}

func TestScratchFilesVanish(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := npz.NewWriter(dir, arrays())
	require.NoError(t, err)
	require.Error(t, w.Append([]byte{1}), "too few columns")
	require.Error(t, w.Append([]byte{1}, make([]byte, 4), make([]byte, 5)), "a column of the wrong size")
	require.NoError(t, w.Close())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// Python reads the headers as NumPy does: by evaluating the literal, and by the alignment that NumPy wants.
func TestPythonReadsTheHeaders(t *testing.T) {
	t.Parallel()
	const script = `
import ast, struct, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    for name in archive.namelist():
        data = archive.read(name)
        assert data[:8] == b"\x93NUMPY\x01\x00", name
        length = struct.unpack("<H", data[8:10])[0]
        assert (10 + length) % 64 == 0 and data[9 + length:10 + length] == b"\n", name
        header = ast.literal_eval(data[10:10 + length].decode("latin1"))
        assert sorted(header) == ["descr", "fortran_order", "shape"] and header["fortran_order"] is False, name
        size = int(header["descr"][2:])
        for n in header["shape"]:
            size *= n
        assert len(data) == 10 + length + size, name
        print(name, header["descr"], header["shape"])
`
	output, err := exec.Command("python3", "-c", script, saved(t, file(t, 7))).CombinedOutput()
	require.NoError(t, err, string(output))
	require.Equal(t, "grid.npy |u1 (7, 2, 3)\nscore.npy <f4 (7,)\nname.npy |S5 (7,)\nabout.npy |S4 ()\n", string(output))
}

// Whatever is cut off or flipped, no file reads to its end without an error as if it were whole.
func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	whole := file(t, 200)
	for cut := 0; cut < len(whole); cut += 101 {
		require.ErrorIs(t, readAll(saved(t, whole[:cut])), npz.ErrCorrupt, "cut at %d of %d", cut, len(whole))
	}
	flipped := bytes.Clone(whole)
	flipped[len(whole)/4] ^= 0x10 // in the compressed data of a column
	require.ErrorIs(t, readAll(saved(t, flipped)), npz.ErrCorrupt)
}

func readAll(path string) error {
	r, err := npz.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestForeignFilesAreRefused(t *testing.T) {
	t.Parallel()
	good := "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
	for name, change := range map[string]func(string) string{
		"pickle":          func(s string) string { return strings.Replace(s, "<f4", "|O", 1) },
		"fortran order":   func(s string) string { return strings.Replace(s, "False", "True", 1) },
		"huge row":        func(s string) string { return strings.Replace(s, "(2,)", "(2, 999999, 999999)", 1) },
		"huge dimension":  func(s string) string { return strings.Replace(s, "(2,)", "(99999999999999999999,)", 1) },
		"code":            func(string) string { return "__import__('os').system('true')\n" },
		"structured type": func(s string) string { return strings.Replace(s, "'<f4'", "[('a', '<f4')]", 1) },
	} {
		require.ErrorIs(t, readAll(saved(t, foreign(t, change(good), 8))), npz.ErrCorrupt, name)
	}
	require.NoError(t, readAll(saved(t, foreign(t, good, 8))), "the unchanged header is fine")
	require.ErrorIs(t, readAll(saved(t, foreign(t, good, 12))), npz.ErrCorrupt, "more data than rows")
	require.ErrorIs(t, readAll(saved(t, foreign(t, good, 4))), npz.ErrCorrupt, "less data than rows")
}

// foreign makes a file of one array with the header and some bytes of data.
func foreign(t *testing.T, header string, data int) []byte {
	t.Helper()
	var buffer bytes.Buffer
	archive := zip.NewWriter(&buffer)
	entry, err := archive.Create("a.npy")
	require.NoError(t, err)
	start := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))
	_, err = entry.Write(append(append(start, header...), make([]byte, data)...))
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	return buffer.Bytes()
}
