package nodes_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/nodes"
)

// A server that ends late takes back its own address and not that of its successor.
func TestAddressesOfSuccessors(t *testing.T) {
	t.Parallel()
	var addresses nodes.Addresses
	addresses.Set(nodes.AddressData, "127.0.0.1:1")
	addresses.Set(nodes.AddressData, "127.0.0.1:2")
	addresses.Withdraw(nodes.AddressData, "127.0.0.1:1")
	require.Equal(t, map[string]string{nodes.AddressData: "127.0.0.1:2"}, addresses.All())
	addresses.Withdraw(nodes.AddressData, "127.0.0.1:2")
	require.Empty(t, addresses.All())

	var nobody *nodes.Addresses
	nobody.Set(nodes.AddressData, "127.0.0.1:1")
	nobody.Withdraw(nodes.AddressData, "127.0.0.1:1")
	require.Empty(t, nobody.All())
}
