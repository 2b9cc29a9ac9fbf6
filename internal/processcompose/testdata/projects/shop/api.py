import http.server
import json
import os
import signal
import sqlite3
import sys


def note(text):
    with open("journal", "a") as journal:
        journal.write(text + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, value):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, "well")
        items = sqlite3.connect(os.environ["DATABASE"]).execute("SELECT name, sold FROM items ORDER BY name").fetchall()
        self.answer(200, {"greeting": os.environ["GREETING"], "currency": os.environ["CURRENCY"], "items": items})

    def do_POST(self):
        if self.headers["Authorization"] != os.environ["API_TOKEN"]:
            return self.answer(403, "who are you?")
        tables = sqlite3.connect(os.environ["DATABASE"])
        tables.execute("UPDATE items SET sold = sold + 1")
        tables.commit()
        self.answer(200, "sold")


def interrupted(*_):
    note("api ends by SIGINT")
    sys.exit(0)


signal.signal(signal.SIGINT, interrupted)
note("api")
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
