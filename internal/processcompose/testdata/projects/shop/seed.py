import os
import sqlite3
import sys

with open("journal", "a") as journal:
    journal.write("seed " + sys.argv[1] + "\n")
tables = sqlite3.connect(os.environ["DATABASE"])
tables.execute("INSERT OR IGNORE INTO items (name) VALUES (?)", (sys.argv[1],))
tables.commit()
