package pipelinetest

import (
	"database/sql"
	"os"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// Rot flips a byte in each copy of a file on a node, which does not notice: it is listed by the hash that it had, as when
// a disk gives back other bytes than were written.
func (r *Rig) Rot(node *Node, sha256 string) {
	r.Helper()
	sum, err := data.ParseSum(sha256)
	require.NoError(r, err)
	items := node.Files.Find(sum)
	require.NotEmpty(r, items)
	for _, item := range items {
		path, err := node.Files.Path(item.Place)
		require.NoError(r, err)
		content, err := os.ReadFile(path)
		require.NoError(r, err)
		require.LessOrEqual(r, len(content), data.ChunkBytes, "the index has one mark of it")
		content[len(content)/2] ^= 1
		require.NoError(r, os.Chmod(path, 0o644))
		require.NoError(r, os.WriteFile(path, content, 0o644))
		r.forget(node, path, sum)
	}
	_, err = node.Files.Scan(r.Context(), data.ScanLimits{})
	require.NoError(r, err)
	require.Len(r, node.Files.Find(sum), len(items))
}

// Quarantined says why node-1 has set files of a hash aside.
func (r *Rig) Quarantined(sha256 string) (reasons []string) {
	r.Helper()
	all, err := r.Node.Files.QuarantinedFiles()
	require.NoError(r, err)
	for _, one := range all {
		if one.Item.SHA256.String() == sha256 {
			reasons = append(reasons, one.Reason)
		}
	}
	return reasons
}

// forget has the index of a node say that a file has the bytes which it had.
func (r *Rig) forget(node *Node, path string, sum data.Sum) {
	r.Helper()
	other, err := data.Open(data.Config{Path: node.Dir, Node: node.Name})
	require.NoError(r, err)
	found, err := data.FileContent(r.Context(), path)
	require.NoError(r, err)
	require.Eventually(r, func() bool { // a file that has just changed is left alone for a moment
		_, err := other.Scan(r.Context(), data.ScanLimits{})
		return err == nil && len(other.Find(found.SHA256)) > 0
	}, patience, 20*time.Millisecond)
	require.NoError(r, other.Close())
	r.execute(filepath.Join(node.Dir, "data-index.db"), "UPDATE hashes SET sha256 = ?, marks = ? WHERE sha256 = ?", sum[:], sum[:], found.SHA256[:])
}

// execute changes a database.
func (r *Rig) execute(path, statement string, values ...any) {
	r.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(r, err)
	_, err = db.ExecContext(r.Context(), statement, values...)
	require.NoError(r, err)
	require.NoError(r, db.Close())
}

// Copy brings a file of games from node-1 to another node, which tells the ledger that it has it.
func Copy(r *Rig, file ledger.GameFile, to *Node) data.Item {
	r.Helper()
	sum, err := data.ParseSum(file.SHA256)
	require.NoError(r, err)
	item, content, err := r.Node.Files.OpenContent(sum)
	require.NoError(r, err)
	item.Place = data.Place{Role: data.RoleSynced, Name: r.Node.Name + "/" + item.Name}
	copied, err := to.Files.Add(r.Context(), item, content)
	require.NoError(r, err)
	require.NoError(r, content.Close())
	require.NoError(r, r.Session.ReportHoldings(r.Context(), to.Name, []ledger.Holder{
		{SHA256: file.SHA256, Path: jobs.HolderPath(copied.Place), State: ledger.CopyVerified},
	}))
	return copied
}
