import os
import sqlite3

with open("journal", "a") as journal:
    journal.write("migrate\n")
tables = sqlite3.connect(os.environ["DATABASE"])
tables.execute("CREATE TABLE IF NOT EXISTS items (name TEXT PRIMARY KEY, sold INTEGER NOT NULL DEFAULT 0)")
tables.commit()
