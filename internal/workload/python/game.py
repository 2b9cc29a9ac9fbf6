"""Nim with one pile: a move takes 1 to 3, who takes the last wins. And its players.

A player is a function of the pile that returns the chance of each legal move.
"""
import math
import random

PILE, TAKES = 21, 3


def legal(pile):
    """How many different moves there are."""
    return min(pile, TAKES)


def softmax(numbers):
    top = max(numbers)
    powers = [math.exp(number - top) for number in numbers]
    return [power / sum(powers) for power in powers]


def random_player(pile):
    return [1 / legal(pile)] * legal(pile)


def heuristic_player(pile):
    """Leaves a multiple of four if it can: perfect for two."""
    best = pile % (TAKES + 1) or 1
    return [float(take == best) for take in range(1, legal(pile) + 1)]


def model_player(model, budget):
    """Looks one move ahead; the larger the budget, the more it relies on what the model says of its chances there."""

    def player(pile):
        wins = [1.0 if take == pile else model.win_chances(pile - take)[-1] for take in range(1, legal(pile) + 1)]
        return softmax([logit + budget / 4 * win for logit, win in zip(model.policy[pile], wins)])

    return player


BASELINES = {"random": random_player, "heuristic": heuristic_player}


class Game:
    """A game that was played: its moves as (seat, take, chances), and the seat that won, None for a draw."""

    def __init__(self, number, seats, seed, opening_seed, openings, temperature=1.0, noise=0.0, max_moves=0):
        self.number, self.seats, self.seed, self.moves, self.winner = number, seats, seed, [], None
        chance, opening, pile = random.Random(seed), random.Random(opening_seed), PILE
        while pile and not (max_moves and len(self.moves) >= max_moves):
            seat = len(self.moves) % len(seats)
            chances = seats[seat][1](pile)
            if len(self.moves) < openings:
                take = opening.randint(1, legal(pile))
            else:
                take = choose(chance, chances, temperature, noise)
            self.moves.append((seat + 1, take, chances))
            pile -= take
            self.winner = seat + 1 if pile == 0 else None


def choose(chance, chances, temperature, noise):
    """Draws a move; a temperature below 0 is always the best."""
    if temperature < 0:
        return chances.index(max(chances)) + 1
    mixed = [(1 - noise) * share ** (1 / temperature) + noise / len(chances) for share in chances]
    return chance.choices(range(1, len(mixed) + 1), mixed)[0]
