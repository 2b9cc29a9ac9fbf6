package pipelinetest

import (
	"database/sql"
	"os"
	"path/filepath"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

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
		content[len(content)/2] ^= 1
		require.NoError(r, os.Chmod(path, 0o644))
		require.NoError(r, os.WriteFile(path, content, 0o644))
		r.forget(node, path)
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

// forget has the index of a node say that a file is still the one that was hashed.
func (r *Rig) forget(node *Node, path string) {
	r.Helper()
	var stat unix.Stat_t
	require.NoError(r, unix.Stat(path, &stat))
	r.execute(filepath.Join(node.Dir, "data-index.db"), "UPDATE hashes SET modified = ?, changed = ? WHERE inode = ?",
		stat.Mtim.Nano(), stat.Ctim.Nano(), int64(stat.Ino))
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
