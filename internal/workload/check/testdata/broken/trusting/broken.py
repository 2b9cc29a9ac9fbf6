"""Inspects games without replaying them."""
import sys

import nim
from nim import contract, data

data.audit.fault_of = lambda row, moves: ""
sys.exit(contract.main(nim.COMMANDS, sys.argv[1:]))
