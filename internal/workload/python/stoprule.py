"""When the games against an opponent prove enough: Wald's sequential test between two Elo differences."""
import math

from contract import demand

FIELDS = {"elo0", "elo1", "alpha", "beta"}


def check(rule):
    """Refuses a rule that cannot decide."""
    if rule is None:
        return
    demand(FIELDS <= set(rule) <= FIELDS | {"min_games"}, f"stop_rule: use {sorted(FIELDS)}, and min_games")
    demand(all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in rule.values()), "stop_rule: use numbers")
    demand(rule["elo0"] < rule["elo1"], "stop_rule: use elo0 below elo1")
    demand(all(0 < rule[name] < 0.5 for name in ("alpha", "beta")), "stop_rule: use alpha and beta above 0 and below 0.5")
    demand(rule.get("min_games", 0) >= 0, "stop_rule.min_games: use 0 or more")


def decided(rule, score, players):
    """Says whether a score is clear evidence for one of the two; a draw is the win of everyone in equal parts."""
    if rule is None or score["games"] < rule.get("min_games", 0):
        return False
    low, high = (1 / (1 + (players - 1) * 10 ** (-rule[name] / 400)) for name in ("elo0", "elo1"))
    wins = score["wins"] + score["draws"] / players
    evidence = wins * math.log(high / low) + (score["games"] - wins) * math.log((1 - high) / (1 - low))
    return not math.log(rule["beta"] / (1 - rule["alpha"])) < evidence < math.log((1 - rule["beta"]) / rule["alpha"])
