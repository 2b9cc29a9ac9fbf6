"""Tells one win more than it has."""
import functools
import sys

import nim
from nim import contract, play


@functools.wraps(play.evaluate)
def evaluate(task, **params):
    metrics = play.evaluate(task, **params)
    metrics["per_opponent"][0]["wins"] += 1
    return metrics


sys.exit(contract.main({**nim.COMMANDS, "evaluate": evaluate}, sys.argv[1:]))
