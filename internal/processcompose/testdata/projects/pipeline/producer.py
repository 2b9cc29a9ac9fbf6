import os
import socket
import sys

os.makedirs("out", exist_ok=True)
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30) as connection:
    stream = connection.makefile("rw")
    for number in range(int(sys.argv[2])):
        stream.write(f"put {number}\n")
        stream.flush()
        stream.readline()
