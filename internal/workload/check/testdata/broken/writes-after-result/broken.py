"""Still writes an output when the result is there."""
import sys

import nim
from nim import contract

finish = contract.Task.finish


def finish_and_write(task, metrics, status):
    finish(task, metrics, status)
    with open(task.path("more.txt"), "w", encoding="utf-8") as file:
        file.write("more")


contract.Task.finish = finish_and_write
sys.exit(contract.main(nim.COMMANDS, sys.argv[1:]))
