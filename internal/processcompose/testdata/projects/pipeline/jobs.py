import socketserver
import sys
import threading

jobs, lock = [], threading.Lock()


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            word, _, job = line.decode().strip().partition(" ")
            with lock:
                if word == "put":
                    jobs.append(job)
                answer = jobs.pop(0) if word == "get" and jobs else "nothing"
            self.wfile.write(("pong" if word == "ping" else answer).encode() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", int(sys.argv[1])), Handler) as server:
    print("queue (first of its kind) is open", flush=True)
    server.serve_forever()
