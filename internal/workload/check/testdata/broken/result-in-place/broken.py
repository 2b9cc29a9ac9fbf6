"""Writes result.json under its final name, where it can be seen half-written."""
import sys

import nim
from nim import contract


def write_in_place(path, contents):
    with open(path, "wb") as file:
        file.write(contents)


contract.write_file = write_in_place
sys.exit(contract.main(nim.COMMANDS, sys.argv[1:]))
