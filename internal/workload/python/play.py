"""The commands that play. The parameters of a function are the params of its command."""
import random
import time

import game
import stoprule
import store
import table
from contract import Partial, Stopped, demand

BUDGET, OPENING_PLIES = 16, 2


def player(task, field, spec, budget):
    """Returns the name and the player that a request describes."""
    demand(not set(spec) - {"id", "games", "share", "model", "baseline", "harness", "search_budget"}, f"{field}: unknown fields in {spec}")
    demand(spec.get("harness", "") in ("", "lookahead"), f"{field}.harness: use lookahead")
    budget = spec.get("search_budget") or budget or BUDGET
    if spec.get("baseline"):
        demand(spec["baseline"] in game.BASELINES, f"{field}.baseline: use {sorted(game.BASELINES)}")
        return spec.get("id", spec["baseline"]), game.BASELINES[spec["baseline"]]
    if spec.get("model"):
        return spec.get("id", spec["model"]), game.model_player(table.load(task, field + ".model", spec["model"]), budget)
    return spec.get("id", "built-in"), game.model_player(table.Table(task.players), budget)


def hand_over(task, played, generation):
    """Writes the games that were played."""
    store.write(task.path("games.db"), [store.rows_of(task, each, generation) for each in played])
    task.output("games", "games.db", len(played))


def selfplay(task, games: int, model: str = "", opponents: list = (), search_budget: int = 0, engine_mode: str = "",
             temperature: float = 0, exploration: float = 0, opening_plies: int = 0, max_moves: int = 0):
    demand(games >= 1, f"games = {games}: use at least 1")
    own = player(task, "model", {"model": model, "harness": engine_mode}, search_budget)
    others = [(spec.get("share", 0), player(task, "opponents", spec, search_budget)) for spec in opponents]
    settings = {"openings": max(opening_plies or 1, 0), "temperature": temperature or 1.0, "noise": max(exploration or 0.25, 0), "max_moves": max_moves}
    played, begun, deadline = [], time.monotonic(), False
    try:
        for number in range(games):
            seed = f"{task.seed}/{number}"
            played.append(game.Game(number, seats_of(task, number, own, others), seed, seed + "/opening", **settings))
            task.progress(number + 1, games, "games")
    except Stopped as stop:
        deadline = stop.deadline
        if not deadline or not played:
            raise
    hand_over(task, played, table.load(task, "model", model).generation if model else 0)
    metrics = summary(played, task.players, time.monotonic() - begun)
    if deadline:
        raise Partial(metrics)
    return metrics


def seats_of(task, number, own, others):
    """Who sits where: everywhere the model, or, in their share of the games, one seat against an opponent."""
    draw = random.Random(f"{task.seed}/{number}/seats").random()
    for share, other in others:
        if draw < share:
            return [own if seat == number % task.players else other for seat in range(task.players)]
        draw -= share
    return [own] * task.players


def summary(played, players, elapsed):
    winners, moves = [each.winner for each in played], sum(len(each.moves) for each in played)
    drawn = winners.count(None) / len(played)
    return {"games_completed": len(played), "games_failed": 0, "samples": moves, "decisive_share": 1 - drawn, "draw_rate": drawn,
            "mean_length": moves / len(played), "winners_by_seat": [winners.count(seat) for seat in range(1, players + 1)],
            "moves_per_s": moves / max(elapsed, 1e-9)}


def rotated(task, full, games, seeds, plies, first):
    """Plays games in which each opening is played with every rotation of the seats; yields the rotation and the game."""
    for number in range(-(-games // task.players) * task.players):
        opening, turn = divmod(number, task.players)
        seed = seeds[opening % len(seeds)] if seeds else f"{task.seed}/{opening}"
        seats = [full[(seat - turn) % task.players] for seat in range(task.players)]
        yield turn, game.Game(first + number, seats, f"{task.seed}/{first + number}", f"{seed}/opening", max(plies or OPENING_PLIES, 0), temperature=0.5)


def evaluate(task, model: str, opponents: list, harness: str = "", search_budget: int = 0, opening_seed_list: list = (), opening_plies: int = 0,
             stop_rule: dict = None):
    own, begun, played, results = player(task, "model", {"model": model, "harness": harness}, search_budget), time.monotonic(), [], []
    stoprule.check(stop_rule)
    for spec in opponents:
        full = [own] + [player(task, "opponents", spec, search_budget)] * (task.players - 1)
        by_seat, stopped = [[] for _ in full], False
        for seat, finished in rotated(task, full, spec["games"], opening_seed_list, opening_plies, len(played)):
            by_seat[seat].append(outcome(finished, seat))
            played.append(finished)
            task.progress(len(played), 0, "games")
            if seat == task.players - 1 and stoprule.decided(stop_rule, score(sum(by_seat, [])), task.players):
                stopped = sum(map(len, by_seat)) < spec["games"]
                break
        asked = {key: spec[key] for key in ("model", "baseline", "harness", "search_budget") if key in spec}
        results.append({"opponent": asked, **score(sum(by_seat, [])), "invalid": 0, "by_seat": [score(seat) for seat in by_seat], "stopped_early": stopped})
    hand_over(task, played, table.load(task, "model", model).generation)
    return {"per_opponent": results, "elapsed_s": time.monotonic() - begun}


def match(task, participants: list, pairings: list, games_per_pair: int, seats: str = "", search_budget: int = 0,
          opening_seed_list: list = (), opening_plies: int = 0):
    demand(seats in ("", "balanced"), "seats: use balanced")
    known = {spec["id"]: player(task, "participants", spec, search_budget) for spec in participants}
    begun, played, pairs = time.monotonic(), [], []
    for pairing in pairings:
        demand(2 <= len(pairing) <= task.players and set(pairing) <= set(known), f"pairings: {pairing} is not 2 to {task.players} ids of participants")
        full = [known[name] for name in pairing + pairing[-1:] * (task.players - len(pairing))]
        before, table_of = len(played), {name: [[] for _ in full] for name in pairing}
        for _, finished in rotated(task, full, games_per_pair, opening_seed_list, opening_plies, before):
            for seat, (name, _) in enumerate(finished.seats):
                table_of[name][seat].append(outcome(finished, seat))
            played.append(finished)
            task.progress(len(played), 0, "games")
        pairs.append({"pairing": pairing, "games": len(played) - before, "draws": sum(each.winner is None for each in played[before:]), "invalid": 0,
                      "participants": [{"id": name, "by_seat": [score(seat) for seat in table_of[name]]} for name in pairing]})
    hand_over(task, played, None)
    return {"pairs": pairs, "elapsed_s": time.monotonic() - begun}


def outcome(played, seat):
    return "draws" if played.winner is None else "wins" if played.winner == seat + 1 else "losses"


def score(outcomes):
    return {"games": len(outcomes), **{kind: outcomes.count(kind) for kind in ("wins", "draws", "losses")}}
