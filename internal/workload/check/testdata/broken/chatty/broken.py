"""Logs to standard output."""
import sys

import nim
from nim import contract

if sys.argv[1] == "selfplay":
    for number in range(200):
        print("playing game", number, flush=True)
sys.exit(contract.main(nim.COMMANDS, sys.argv[1:]))
