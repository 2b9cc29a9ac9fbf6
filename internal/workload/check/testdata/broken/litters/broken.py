"""Leaves a file beside its attempt folder."""
import os
import sys

import nim
from nim import contract

finish = contract.Task.finish


def finish_and_litter(task, metrics, status):
    with open(os.path.join(task.folder, "..", "cache.txt"), "w", encoding="utf-8") as file:
        file.write("for next time")
    finish(task, metrics, status)


contract.Task.finish = finish_and_litter
sys.exit(contract.main(nim.COMMANDS, sys.argv[1:]))
