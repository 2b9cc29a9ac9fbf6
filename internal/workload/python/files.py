"""Files that appear whole or not at all, their hashes, and progress lines."""
import contextlib
import hashlib
import json
import os
import time


def say(**line):
    """Writes one progress line, at once and whole."""
    os.write(1, (json.dumps(line) + "\n").encode())


def beat():
    """Says every few seconds that the command lives."""
    while True:
        say(t="hb")
        time.sleep(5)


def hash_file(path):
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


@contextlib.contextmanager
def publishing(path):
    """Gives a temporary path; the file that the block makes there gets its final name when the block ends well."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, ".new-" + name)
    try:
        yield temporary
        sync(temporary)
        os.rename(temporary, path)
        sync(folder)
    except BaseException:
        with contextlib.suppress(OSError):  # the first error counts
            os.remove(temporary)
        raise


def sync(path):
    """Waits until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_file(path, contents):
    """Writes a file that appears whole or not at all."""
    with publishing(path) as temporary, open(temporary, "wb") as file:
        file.write(contents)
