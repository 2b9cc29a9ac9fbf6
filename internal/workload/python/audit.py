"""What is wrong with a game, from its rows alone: the rules once more, in other code than game.py."""
import hashlib
import json
import math

RULES = "nim: pile 21, take 1 to 3, who takes the last wins; seats in turn from 1"


def rules_hash():
    return hashlib.sha256(RULES.encode()).hexdigest()


def fault_of(row, moves):
    """Replays a game and tells the first fault, or nothing."""
    if row["total_moves"] != len(moves):
        return f"total_moves is {row['total_moves']}, there are {len(moves)}"
    left, turn, last = 21, 1, None
    for number, move in enumerate(moves):
        if move["move_number"] != number or move["player"] != turn:
            return f"move {number} is out of turn"
        if move["move_json"] not in ("1", "2", "3") or int(move["move_json"]) > left:
            return f"move {number} takes {move['move_json']} of {left}"
        left -= int(move["move_json"])
        last, turn = turn, turn % row["num_players"] + 1
    winner = last if left == 0 else None
    return "" if row["winner"] == winner else f"the winner is {row['winner']}, by the moves it is {winner}"


def games(pairs, verify):
    """Facts of games; a share of them is replayed."""
    replayed = pairs[: math.ceil(len(pairs) * verify)]
    faults = [f"{row['game_id']}: {fault}" for row, moves in replayed for fault in [fault_of(row, moves)] if fault]
    seats = max((row["num_players"] for row, _ in pairs), default=0)
    winners = [row["winner"] for row, _ in pairs]
    generations = [row["generation"] for row, _ in pairs if row["generation"] is not None]
    return {"records": len(pairs), "games": len(pairs), "rules_hash": rules_hash(), "verified": len(replayed),
            "replay_errors": faults[:100], "winners_by_seat": [winners.count(seat) for seat in range(1, seats + 1)],
            "draws": winners.count(None), "participants": participants(pairs, seats), **span(generations)}


def participants(pairs, seats):
    """Scores by name and seat."""
    table = {}
    for row, _ in pairs:
        for seat, name in enumerate(json.loads(row["participants_json"] or "[]"), 1):
            by_seat = table.setdefault(name, [{"games": 0, "wins": 0, "draws": 0, "losses": 0} for _ in range(seats)])
            outcome = "draws" if row["winner"] is None else "wins" if row["winner"] == seat else "losses"
            by_seat[seat - 1]["games"] += 1
            by_seat[seat - 1][outcome] += 1
    return [{"id": name, "by_seat": table[name]} for name in sorted(table)]


def dataset(arrays):
    """Facts of a dataset."""
    finite = all(math.isfinite(number) for name in ("features", "policy", "value", "weight") for number in arrays[name][1])
    return {"records": arrays["features"][0][0], "games": len(set(arrays["game_id"][1])), "finite": finite, **span(arrays["generation"][1])}


def model(document):
    """Facts of a model."""
    numbers = [number for table in ("policy", "value") for row in document[table] for number in row]
    return {"records": len(numbers), "finite": all(math.isfinite(n) for n in numbers), **span([document["generation"]])}


def span(generations):
    return {"generations": {"min": min(generations), "max": max(generations)}} if generations else {}
