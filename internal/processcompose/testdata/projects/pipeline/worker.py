import socket
import sys
import time

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30) as connection, open(sys.argv[2], "a") as out:
    stream = connection.makefile("rw")
    while True:
        stream.write("get\n")
        stream.flush()
        job = stream.readline().strip()
        if job != "nothing":
            out.write(job + "\n")
            out.flush()
        time.sleep(0.1)
