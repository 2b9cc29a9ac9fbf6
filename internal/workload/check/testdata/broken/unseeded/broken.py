"""Plays by a clock instead of its seed."""
import random
import sys
import types

import nim
from nim import contract, play

play.game.random = types.SimpleNamespace(Random=lambda seed: random.Random())
sys.exit(contract.main(nim.COMMANDS, sys.argv[1:]))
