"""The workload's side of the contract: requests in, results out, exit codes."""
import contextlib
import errno
import inspect
import json
import os
import signal
import sqlite3
import struct
import sys
import threading
import time
import traceback
import zipfile

import faults
from files import beat, hash_file, say, write_file

BAD_REQUEST, BAD_INPUT, PRECONDITION = 10, 11, 12
TRANSIENT, OUT_OF_MEMORY, DISK_FULL = 20, 21, 22
CANCELLED, DEADLINE, INTERNAL, DIVERGED = 30, 31, 40, 41

REQUIRED = {"contract": int, "job_id": str, "attempt": int, "command": str, "config_key": str, "seed": int,
            "issued_at": str, "limits": dict, "inputs": list, "output_dir": str, "params": dict}
OPTIONAL = {"deadline", "resume_from", "plan_version"}


class Failure(Exception):
    """An error with the exit code that tells it."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Stopped(Exception):
    """The command is told to end."""

    def __init__(self, deadline):
        super().__init__("deadline reached" if deadline else "cancelled")
        self.deadline = deadline


class Partial(Exception):
    """The deadline came; the argument is the metrics of what is done and handed over."""


class Task:
    """One command to do."""

    def __init__(self, request, folder, config):
        self.request, self.folder, self.config = request, folder, config
        self.seed, self.job_id, self.players = request["seed"], request["job_id"], config["players"]
        self.params = dict(request["params"])
        self.fault = self.params.pop("fault", "")
        self.pace_s = self.params.pop("pace_ms", 0) / 1000
        self.outputs, self.told = [], 0.0

    def input(self, field, name, *roles):
        """The path of the input that a param names."""
        for candidate in self.request["inputs"]:
            if candidate["name"] == name:
                demand(candidate["role"] in roles, f"{field}: the input {name!r} has the role {candidate['role']}")
                if not os.path.isfile(candidate["path"]):
                    raise Failure(BAD_INPUT, f"the input {name!r} is missing: {candidate['path']}")
                return candidate["path"]
        raise Failure(BAD_REQUEST, f"params.{field} = {name!r}: no such input")

    def path(self, name):
        """Where an output of the name goes."""
        return os.path.join(self.request["output_dir"], name)

    def output(self, role, name, records=None):
        """Hands over a file of the output folder."""
        path = self.path(name)
        output = {"role": role, "path": name, "sha256": hash_file(path), "bytes": os.path.getsize(path)}
        self.outputs.append(output if records is None else {**output, "records": records})

    def checkpoint(self, name, step):
        """Tells of a file from which another attempt can go on."""
        say(t="checkpoint", path=name, sha256=hash_file(self.path(name)), step=step)

    def progress(self, done, total, unit):
        """Tells how far the work is, and waits as long as a test wants each unit to take."""
        if done == total or time.monotonic() - self.told > 0.1:
            self.told = time.monotonic()
            say(t="progress", done=done, total=total, unit=unit)
        if self.pace_s > 0:
            time.sleep(self.pace_s)

    def finish(self, metrics, status):
        """Writes the result, the last file of all."""
        result = {"contract": 1, "job_id": self.job_id, "attempt": self.request["attempt"], "status": status,
                  "outputs": self.outputs, "metrics": metrics}
        text = faults.after(self, result)
        if text is not None:
            write_file(os.path.join(self.folder, "result.json"), text.encode())


def demand(holds, message):
    """Refuses a param."""
    if not holds:
        raise Failure(BAD_REQUEST, "params." + message)


@contextlib.contextmanager
def reading(path):
    """What goes wrong while an input is read is the input's fault."""
    try:
        yield path
    except (sqlite3.Error, zipfile.BadZipFile, struct.error, ArithmeticError, LookupError, ValueError, TypeError,
            AttributeError, EOFError, OSError, SyntaxError) as error:
        raise Failure(BAD_INPUT, f"read {path}: {error}") from error


def parse_request(path, command):
    """Reads a request and refuses what this workload does not know."""
    try:
        with open(path, encoding="utf-8") as file:
            request = json.load(file)
    except (OSError, ValueError) as error:
        raise Failure(BAD_REQUEST, f"read the request: {error}") from error
    for field in request:
        if field not in REQUIRED and field not in OPTIONAL:
            raise Failure(BAD_REQUEST, f"{field}: unknown field")
    for field, kind in REQUIRED.items():
        if not isinstance(request.get(field), kind):
            raise Failure(BAD_REQUEST, f"{field}: missing, or no {kind.__name__}")
    if request["contract"] != 1 or request["command"] != command:
        raise Failure(BAD_REQUEST, f"contract {request['contract']}, command {request['command']!r}: not what was called")
    return request


def check_params(function, params):
    """Compares params with the parameters of the function that takes them."""
    known = dict(list(inspect.signature(function).parameters.items())[1:])
    for name, value in params.items():
        demand(name in known, f"{name}: unknown, use {sorted(known)}")
        kind = known[name].annotation
        fits = isinstance(value, (int, float) if kind is float else kind) and (kind is bool or not isinstance(value, bool))
        demand(fits, f"{name} = {value!r}: use {kind.__name__}")
    for name, parameter in known.items():
        demand(name in params or parameter.default is not parameter.empty, f"{name}: missing")


def watch_end():
    """Raises Stopped in the main thread at TERM and at the deadline."""
    deadline = int(os.environ.get("RINGRIFT_DEADLINE") or 0)

    def stop(number, _frame):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        raise Stopped(deadline=number == signal.SIGALRM or 0 < deadline <= time.time())

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGALRM, stop)
    if deadline:
        signal.setitimer(signal.ITIMER_REAL, max(deadline - time.time(), 0.001))


def run(commands, command, path, manifest):
    """Does one command and returns its exit code."""
    if command not in commands:
        raise Failure(BAD_REQUEST, f"command {command!r}: not offered")
    request = parse_request(path, command)
    config = next((c for c in manifest["configs"] if c["key"] == request["config_key"]), None)
    if config is None:
        raise Failure(BAD_REQUEST, f"config_key = {request['config_key']!r}: not in the manifest")
    task = Task(request, os.path.dirname(path), config)
    watch_end()
    threading.Thread(target=beat, daemon=True).start()
    faults.before(task)
    check_params(commands[command], task.params)
    try:
        task.finish(commands[command](task, **task.params), "ok")
    except Partial as part:
        task.finish(part.args[0], "partial")
        return DEADLINE
    return 0


def exit_code(error):
    """The exit code that tells an error."""
    if isinstance(error, Failure):
        return error.code
    if isinstance(error, Stopped):
        return CANCELLED
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    if isinstance(error, OSError):
        return DISK_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else TRANSIENT
    if isinstance(error, sqlite3.OperationalError):  # of an output: inputs are read under reading()
        return DISK_FULL if "full" in str(error) else TRANSIENT
    return INTERNAL


def main(commands, arguments):
    """Runs one command line and returns the exit code."""
    with open(os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "workload.json"), encoding="utf-8") as file:
        manifest = file.read()
    if arguments == ["describe"]:
        os.write(1, manifest.encode())
        return 0
    if len(arguments) != 3 or arguments[1] != "--request":
        print("usage: describe | <command> --request FILE", file=sys.stderr)
        return BAD_REQUEST
    try:
        return run(commands, arguments[0], arguments[2], json.loads(manifest))
    except Exception as error:  # every error has an exit code
        if exit_code(error) == INTERNAL:
            traceback.print_exc()
        else:
            print(f"{arguments[0]}: {error}", file=sys.stderr)
        return exit_code(error)
