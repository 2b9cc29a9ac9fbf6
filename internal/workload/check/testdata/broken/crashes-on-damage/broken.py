"""Calls a damaged input an internal error."""
import sys

import nim
from nim import contract

exit_code = contract.exit_code
contract.exit_code = lambda error: contract.INTERNAL if str(error).startswith("read /") else exit_code(error)
sys.exit(contract.main(nim.COMMANDS, sys.argv[1:]))
