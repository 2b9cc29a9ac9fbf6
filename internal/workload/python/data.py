"""The commands that read and mix files. The parameters of a function are the params of its command."""
import hashlib
import json
import math

import audit
import game
import npz
import store
from contract import PRECONDITION, Failure, demand, reading


def inspect(task, file: str, verify: float = 0, since: str = "", list_ids: bool = False):
    path = task.input("file", file, "games", "dataset", "holdout", "model")
    role = next(entry["role"] for entry in task.request["inputs"] if entry["name"] == file)
    if role == "games":
        pairs = [(row, moves) for row, moves in store.read(path) if row["created_at"] >= since]
        facts, ids = audit.games(pairs, verify), [row["game_id"] for row, _ in pairs]
    elif role == "model":
        with reading(path), open(path, encoding="utf-8") as text:
            facts, ids = audit.model(json.load(text)), []
    else:
        arrays = npz.arrays_of(path)
        facts, ids = audit.dataset(arrays), sorted(set(arrays["game_id"][1]))
    return {"role": role, **facts, **({"ids": ids} if list_ids else {})}


def validate(task, games: str):
    verdicts = []
    for row, moves in store.read(task.input("games", games, "games")):
        fault = audit.fault_of(row, moves)
        verdicts.append({"id": row["game_id"], "ok": not fault, "reason": fault, "quality": 0.0 if fault else 1.0})
    return {"verdicts": verdicts}


def merge(task, games: list, known_ids: str = "", min_moves: int = 0):
    seen, kept = read_ids(task, "known_ids", known_ids), []
    counts = {"merged": 0, "duplicates": 0, "invalid": 0}
    for name in games:
        for row, moves in store.read(task.input("games", name, "games")):
            if row["game_id"] in seen:
                counts["duplicates"] += 1
            elif len(moves) < min_moves or audit.fault_of(row, moves):
                counts["invalid"] += 1
            else:
                seen.add(row["game_id"])
                kept.append((row, moves))
                counts["merged"] += 1
    store.write(task.path("games.db"), sorted(kept, key=lambda pair: pair[0]["game_id"]))
    task.output("games", "games.db", len(kept))
    return counts


def read_ids(task, field, name):
    """The ids in the file that a param names."""
    if not name:
        return set()
    path = task.input(field, name, "known_ids")
    with reading(path), open(path, encoding="utf-8") as file:
        return set(file.read().split())


def export(task, games: list, encoder_version: str = "", max_samples: int = 0, filters: dict = None):
    demand(encoder_version in ("", "pile-1"), "encoder_version: use pile-1")
    filters = filters or {}
    demand(not set(filters) - {"min_moves", "since", "exclude_ids"}, "filters: use min_moves, since, exclude_ids")
    seen = read_ids(task, "filters.exclude_ids", filters.get("exclude_ids"))
    samples, used, skipped = [], 0, 0
    for name in games:
        for row, moves in store.read(task.input("games", name, "games")):
            if row["game_id"] in seen or len(moves) < filters.get("min_moves", 0) or row["created_at"] < filters.get("since", ""):
                skipped += 1
                continue
            seen.add(row["game_id"])
            samples.extend(samples_of(row, moves))
            used += 1
    samples = samples[: max_samples or None]
    if not samples:
        raise Failure(PRECONDITION, "no game passes the filters")
    npz.write(task.path("dataset.npz"), samples, task.players)
    task.output("dataset", "dataset.npz", len(samples))
    return {"samples": len(samples), "games": used, "skipped": skipped}


def samples_of(row, moves):
    """Turns the rows of a game into samples; who wins is counted from the player to move."""
    players, pile = row["num_players"], game.PILE
    for move in moves:
        policy = (json.loads(move["move_probs"]) + [0.0] * game.TAKES)[: game.TAKES]
        ahead = None if row["winner"] is None else (row["winner"] - move["player"]) % players
        value = [1 / players if ahead is None else float(seat == ahead) for seat in range(players)]
        yield npz.Sample(pile, policy, value, row["game_id"], move["move_number"], row["generation"] or 0, 1.0)
        pile -= int(move["move_json"])


def combine(task, datasets: list, max_samples: int = 0, max_repeat: int = 0, holdout_fraction: float = 0):
    kept, by_source, dropped = {}, {}, 0
    for source in datasets:
        demand(not set(source) - {"input", "weight"}, "datasets: use input, weight")
        samples = npz.read(task.input("datasets.input", source["input"], "dataset", "holdout"))
        weight = min(source.get("weight", 1), max_repeat or math.inf)
        fresh = {(s.game_id, s.position): s._replace(weight=s.weight * weight) for s in samples if (s.game_id, s.position) not in kept}
        by_source[source["input"]] = len(fresh)
        dropped += len(samples) - len(fresh)
        kept.update(fresh)
    samples = list(kept.values())[: max_samples or None]
    held = held_out({sample.game_id for sample in samples}, max(holdout_fraction or 0.1, 0))
    training, holdout = [s for s in samples if s.game_id not in held], [s for s in samples if s.game_id in held]
    if not training:
        raise Failure(PRECONDITION, "no samples are left for training")
    for role, part in (("dataset", training), ("holdout", holdout)):
        if part:
            npz.write(task.path(role + ".npz"), part, task.players)
            task.output(role, role + ".npz", len(part))
    return {"samples": len(training), "holdout_samples": len(holdout), "samples_by_source": by_source, "dedup_dropped": dropped, "skipped": []}


def held_out(ids, fraction):
    """A share of the games, the same ones whenever they are asked for."""
    shuffled = sorted(ids, key=lambda name: hashlib.sha256(name.encode()).digest())
    return set(shuffled[: math.ceil(len(shuffled) * fraction)])
