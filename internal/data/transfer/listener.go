package transfer

import (
	"net"
	"sync"
)

// limitedListener closes connections beyond its bounds at once. Leaving them in the queue of the kernel,
// as others do, would let one peer keep all others waiting.
type limitedListener struct {
	net.Listener
	gate     *gate
	refusals *refusals
}

func limitConnections(listener net.Listener, most, perPeer int, refusals *refusals) net.Listener {
	return &limitedListener{listener, newGate(most, perPeer), refusals}
}

// Accept returns the next connection that is within the bounds.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		connection, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := peerOf(connection.RemoteAddr().String())
		if l.gate.enter(peer) == 0 {
			return counted(connection, sync.OnceFunc(func() { l.gate.leave(peer) })), nil
		}
		l.refusals.tell(peer, "connection", "too many connections are open")
		_ = connection.Close() // nothing was said on it
	}
}

// counted returns a connection that leaves the count when it is closed. A TCP connection keeps what it can
// do beyond others: sendfile above all.
func counted(connection net.Conn, leave func()) net.Conn {
	if tcp, ok := connection.(*net.TCPConn); ok {
		return &countedTCP{tcp, leave}
	}
	return &countedConn{connection, leave}
}

type countedTCP struct {
	*net.TCPConn
	leave func()
}

// Close ends the connection and its count.
func (c *countedTCP) Close() error {
	defer c.leave()
	return c.TCPConn.Close()
}

type countedConn struct {
	net.Conn
	leave func()
}

// Close ends the connection and its count.
func (c *countedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
