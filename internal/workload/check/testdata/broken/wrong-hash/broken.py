"""Tells hashes that are not those of its files."""
import sys

import nim
from nim import contract

output = contract.Task.output


def output_wrongly(task, role, name, records=None):
    output(task, role, name, records)
    task.outputs[-1]["sha256"] = "0" * 64


contract.Task.output = output_wrongly
sys.exit(contract.main(nim.COMMANDS, sys.argv[1:]))
