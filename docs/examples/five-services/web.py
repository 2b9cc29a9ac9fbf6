"""A small web server: POST / takes an order into PostgreSQL, GET / counts a visit in Redis, and both tell what there is."""

import json
import os
import socket
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def query(statement):
    """Returns the answer of PostgreSQL, whose client goes by the PG… variables."""
    command = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--command=" + statement]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout.strip()


def visit():
    """Counts a visit and returns how many there were."""
    with socket.create_connection(("127.0.0.1", int(os.environ["REDIS_PORT"])), timeout=5) as redis:
        redis.sendall(b"INCR visits\r\n")
        return int(redis.makefile().readline().lstrip(":"))


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            self.answer({"status": "ok"})
        else:
            self.tell()

    def do_POST(self):
        self.tell("insert into orders default values")

    def tell(self, *statements):
        try:
            for statement in statements:
                query(statement)
            self.answer({"visits": visit(), "orders": int(query("select count(*) from orders")), "reports": int(query("select count(*) from reports"))})
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self.answer({"error": type(error).__name__}, status=503)

    def answer(self, value, status=200):
        body = json.dumps(value).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Shop).serve_forever()
