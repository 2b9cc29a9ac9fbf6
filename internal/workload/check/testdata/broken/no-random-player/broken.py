"""Has no baseline `random`: the test takes it out of the manifest."""
import sys

import nim
from nim import contract

sys.exit(contract.main(nim.COMMANDS, sys.argv[1:]))
