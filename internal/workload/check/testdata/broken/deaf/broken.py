"""Does not hear TERM."""
import signal
import sys

import nim
from nim import contract

watch_end = contract.watch_end


def watch_deadline():
    watch_end()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


contract.watch_end = watch_deadline
sys.exit(contract.main(nim.COMMANDS, sys.argv[1:]))
