"""Says nothing while it makes no progress."""
import sys

import nim
from nim import contract

contract.beat = lambda: None
sys.exit(contract.main(nim.COMMANDS, sys.argv[1:]))
