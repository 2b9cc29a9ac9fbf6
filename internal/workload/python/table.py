"""The model: a table with one row for each size of the pile."""
import json
import math

import game
from contract import BAD_INPUT, Failure, reading
from files import write_file


class Table:
    """Logits over moves, and over who wins, counted from the player to move."""

    def __init__(self, players, generation=0, policy=None, value=None):
        self.players, self.generation = players, generation
        self.policy = policy or [[0.0] * game.TAKES for _ in range(game.PILE + 1)]
        self.value = value or [[0.0] * players for _ in range(game.PILE + 1)]

    def document(self):
        return {"kind": "nim-table", "players": self.players, "generation": self.generation, "policy": self.policy, "value": self.value}

    @staticmethod
    def parse(document):
        table = Table(document["players"], document["generation"], document["policy"], document["value"])
        if document["kind"] != "nim-table" or len(table.policy) != game.PILE + 1 or len(table.value) != game.PILE + 1:
            raise ValueError("not a model of this workload")
        return table

    def copy(self):
        return Table(self.players, self.generation, [row[:] for row in self.policy], [row[:] for row in self.value])

    def save(self, path):
        write_file(path, json.dumps(self.document()).encode())

    def finite(self):
        return all(math.isfinite(number) for rows in (self.policy, self.value) for row in rows for number in row)

    def win_chances(self, pile):
        return game.softmax(self.value[pile])

    def losses(self, samples):
        """The mean policy and value losses."""
        policy = sum(cross_entropy(self.policy[sample.pile], sample.policy) for sample in samples)
        value = sum(cross_entropy(self.value[sample.pile], sample.value) for sample in samples)
        return policy / len(samples), value / len(samples)

    def accuracy(self, samples):
        """How often the model's first choice is the search's."""
        return sum(first(self.policy[s.pile][: game.legal(s.pile)]) == first(s.policy) for s in samples) / len(samples)

    def learn(self, sample, rate):
        """One step of gradient descent."""
        descend(self.policy[sample.pile], sample.policy, rate * sample.weight)
        descend(self.value[sample.pile], sample.value, rate * sample.weight)


def load(task, field, name):
    """Reads the model that a param names."""
    path = task.input(field, name, "model")
    with reading(path), open(path, encoding="utf-8") as file:
        model = Table.parse(json.load(file))
        if model.players != task.players or not model.finite():
            raise Failure(BAD_INPUT, f"{path}: for other players, or not finite")
    return model


def first(numbers):
    return numbers.index(max(numbers))


def cross_entropy(logits, target):
    top = max(logits)
    total = top + math.log(sum(math.exp(logit - top) for logit in logits))
    return sum(share * (total - logit) for share, logit in zip(target, logits))


def descend(logits, target, rate):
    for i, (chance, share) in enumerate(zip(game.softmax(logits), target)):
        logits[i] += rate * (share - chance)
