package process

import (
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// account is whom a command runs as.
type account struct {
	UID    uint32   `json:"uid"`
	GID    uint32   `json:"gid"`
	Groups []uint32 `json:"groups"` // supplementary ones
}

// account looks User up and adds to Env what programs expect there; nil stands for whom the worker runs as, own.
func (c *Command) account(own int) (*account, error) {
	if c.User == "" {
		return nil, nil
	}
	found, err := findUser(c.User)
	if err != nil {
		return nil, err
	}
	c.Env = withMissing(c.Env, "HOME="+found.HomeDir, "USER="+found.Username, "LOGNAME="+found.Username)
	if found.Uid == strconv.Itoa(own) {
		return nil, nil
	}
	if own != 0 {
		return nil, fmt.Errorf("only root can run it as somebody else, and this worker has uid %d: run the worker as root or as %s", own, found.Username)
	}
	return newAccount(found)
}

// credential is the account for the kernel; nil for whom the worker runs as.
func (a *account) credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.UID, Gid: a.GID, Groups: a.Groups}
}

func newAccount(of *user.User) (*account, error) {
	groups, err := of.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("find its groups: %w", err)
	}
	a := &account{Groups: make([]uint32, len(groups))}
	faults := []error{parseID(&a.UID, of.Uid), parseID(&a.GID, of.Gid)}
	for i, group := range groups {
		faults = append(faults, parseID(&a.Groups[i], group))
	}
	return a, errors.Join(faults...)
}

// findUser takes a name or a number. A name wins, as there may be names of digits.
func findUser(name string) (*user.User, error) {
	found, err := user.Lookup(name)
	if _, number := strconv.ParseUint(name, 10, 32); err != nil && number == nil {
		found, err = user.LookupId(name)
	}
	return found, err
}

func parseID(id *uint32, text string) error {
	value, err := strconv.ParseUint(text, 10, 32)
	*id = uint32(value)
	return err
}

// withMissing adds those entries whose key the environment does not have.
func withMissing(environment []string, more ...string) []string {
	all := slices.Clip(environment)
	for _, entry := range more {
		key, _, _ := strings.Cut(entry, "=")
		if !slices.ContainsFunc(environment, func(has string) bool { return strings.HasPrefix(has, key+"=") }) {
			all = append(all, entry)
		}
	}
	return all
}
