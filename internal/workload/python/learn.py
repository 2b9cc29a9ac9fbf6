"""The commands that make and measure models. The parameters of a function are the params of its command."""
import json
import math
import random
import time
from dataclasses import asdict, dataclass, field

import npz
import table
from contract import DIVERGED, PRECONDITION, Failure, Stopped, demand, reading
from files import write_file

# How the steps become shorter with the share of the epochs that is done.
SCHEDULES = {"constant": lambda done: 1, "linear": lambda done: 1 - done, "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2}


def init(task, architecture: str = ""):
    demand(architecture in ("", "table"), "architecture: use table")
    table.Table(task.players).save(task.path("model.json"))
    task.output("model", "model.json")
    return {}


def loss(task, model: str, dataset: str, first: int = 0, count: int = 0):
    samples = load_samples(task, "dataset", dataset)[first : first + count if count else None]
    if not samples:
        raise Failure(PRECONDITION, "the slice has no samples")
    policy, value = table.load(task, "model", model).losses(samples)
    return {"policy_loss": policy, "value_loss": value, "samples": len(samples)}


def load_samples(task, name, value):
    return npz.read(task.input(name, value, "dataset", "holdout"))


@dataclass
class State:
    """How far a training is: all that a checkpoint needs to go on as if nothing had happened."""

    model: dict
    best: dict
    begun: list  # the losses at the start, on training samples and on the holdout
    best_loss: float = math.inf
    epoch: int = 0
    stale: int = 0  # epochs since the best one
    saved: float = field(default_factory=time.monotonic)

    def save(self, task):
        name = f"checkpoint-{self.epoch}.json"
        write_file(task.path(name), json.dumps({**asdict(self), "saved": 0}).encode())
        task.checkpoint(name, self.epoch)
        self.saved = time.monotonic()


def train(task, dataset: str, holdout: str = "", parent: str = "", architecture: str = "", epochs: int = 0, batch_size: int = 0,
          lr: float = 0, lr_schedule: str = "", early_stop_patience: int = 0, checkpoint_every_s: float = 0):
    demand(architecture in ("", "table"), "architecture: use table")
    demand(batch_size >= 0, "batch_size: use 0 or more; samples are learnt one by one")
    demand(lr_schedule in ("", *SCHEDULES), f"lr_schedule: use {sorted(SCHEDULES)}")
    samples = load_samples(task, "dataset", dataset)
    held = load_samples(task, "holdout", holdout) if holdout else []
    state = begin(task, table.load(task, "parent", parent) if parent else table.Table(task.players), samples, held)
    epochs, patience = epochs or 8, early_stop_patience or 3
    try:
        while state.epoch < epochs and not 0 < patience <= state.stale:
            rate = (lr or 0.1) * SCHEDULES[lr_schedule or "constant"](state.epoch / epochs)
            state = next_epoch(task, state, samples, held, rate)
            if checkpoint_every_s >= 0 and time.monotonic() - state.saved > (checkpoint_every_s or 30):
                state.save(task)
            task.progress(state.epoch, epochs, "epochs")
    except Stopped:
        state.save(task)
        raise
    model = table.Table.parse(state.best)
    model.save(task.path("model.json"))
    task.output("model", "model.json")
    ends = {"val_loss_start": state.begun[1], "val_loss_end": sum(model.losses(held))} if held else {}
    return {"train_loss_start": state.begun[0], "train_loss_end": sum(model.losses(samples)), **ends,
            "policy_accuracy": model.accuracy(held or samples), "epochs_completed": state.epoch,
            "early_stopped": state.epoch < epochs, "finite": model.finite()}


def begin(task, model, samples, held):
    """The state from which a training starts, or goes on."""
    if task.request.get("resume_from"):
        path = task.request["resume_from"]["path"]
        with reading(path), open(path, encoding="utf-8") as file:
            return State(**{**json.load(file), "saved": time.monotonic()})
    begun = [sum(model.losses(part)) if part else None for part in (samples, held)]
    model.generation += 1
    return State(model.document(), model.document(), begun)


def next_epoch(task, state, samples, held, rate):
    """Returns the state after one more pass; the old one stays as it is, for a checkpoint in the middle."""
    model = table.Table.parse(state.model).copy()
    order = list(range(len(samples)))
    random.Random(f"{task.seed}/{state.epoch}").shuffle(order)
    for i in order:
        model.learn(samples[i], math.nan if task.fault == "nan" else rate)
    loss_now = sum(model.losses(held or samples))
    if not math.isfinite(loss_now) or not model.finite():
        raise Failure(DIVERGED, f"the loss after epoch {state.epoch + 1} is {loss_now}")
    better = loss_now < state.best_loss
    return State(model.document(), model.document() if better else state.best, state.begun, min(loss_now, state.best_loss),
                 state.epoch + 1, 0 if better else state.stale + 1, state.saved)
