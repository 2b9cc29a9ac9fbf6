#!/usr/bin/env python3
"""A workload in Python, standard library only: nim, learnt by a table. It shows that the contract of
docs/workload.md asks for no particular language, and is a pattern for adapters of larger projects.

    nim.py       the command line, and which function does which command
    contract.py  requests, results, exit codes: what an adapter of your own can copy
    files.py     files that appear whole, hashes, progress lines
    faults.py    the faults that tests ask for
    play.py      selfplay, evaluate, match; stoprule.py: when an evaluation has seen enough
    data.py      inspect, validate, merge, export, combine
    learn.py     init, train, loss
    game.py      the rules and the players
    table.py     the model
    store.py     games in SQLite
    npz.py       datasets in NPZ
    audit.py     what is wrong with a game: the rules once more, in other code
"""
import sys

sys.dont_write_bytecode = True  # the workload's folder stays as it is

import contract  # noqa: E402
import data  # noqa: E402
import learn  # noqa: E402
import play  # noqa: E402

COMMANDS = {
    "init": learn.init, "train": learn.train, "loss": learn.loss,
    "selfplay": play.selfplay, "evaluate": play.evaluate, "match": play.match,
    "inspect": data.inspect, "validate": data.validate, "merge": data.merge,
    "export": data.export, "combine": data.combine,
}

if __name__ == "__main__":
    sys.exit(contract.main(COMMANDS, sys.argv[1:]))
