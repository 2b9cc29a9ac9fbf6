package spec

// maxName bounds the names that are compared, and with it the work of comparing them.
const maxName = 64

// Nearest returns the name that was probably meant: the one with the fewest edits, if they are at most a third of
// the input. It is empty if none is near.
func Nearest[S ~string](input S, names []S) (found S) {
	if len(input) > maxName {
		return ""
	}
	nearest := len(input)/3 + 1
	for _, name := range names {
		if d := distance(string(input), string(name)); d < nearest {
			nearest, found = d, name
		}
	}
	return found
}

// distance counts the edits between two names: insert, delete, replace, or swap two neighbours.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+pick(a[i-1] == b[j-1], 0, 1))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
