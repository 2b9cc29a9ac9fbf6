"""The faults of the contract, shown when a test asks for them."""
import json
import os
import re
import signal
import subprocess
import time

import contract

NAMES = ["hang", "silent", "ignore-term", "oom", "noise", "long-line", "nan", "no-result", "bad-result", "foreign-result",
         "wrong-hash", "truncated-output", "missing-output", "escape", "orphan"]


def before(task):
    """Shows the faults that come before the work."""
    fault = task.fault
    if re.fullmatch(r"exit:\d{1,3}", fault):
        raise contract.Failure(int(fault[5:]), f"fault {fault}")
    contract.demand(not fault or fault in NAMES, f"fault = {fault!r}: unknown")
    contract.demand(fault != "nan" or task.request["command"] == "train", "fault = 'nan': only train shows it")
    if fault == "silent":
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if fault == "ignore-term":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if fault in ("hang", "silent", "ignore-term"):
        while True:
            time.sleep(3600)
    if fault == "oom":
        exhaust()
    if fault == "noise":
        os.write(1, b"this is not JSON\n" * 150)
    if fault == "long-line":
        with open(1, "wb", closefd=False) as out:
            out.write(b"x" * 65537 + b"\n")
    if fault == "orphan":
        subprocess.Popen(["sleep", "600"], start_new_session=True)


def exhaust():
    """Takes memory until the process is ended."""
    taken = []
    while True:
        taken.append(b"x" * (16 << 20))


def after(task, result):
    """Shows the faults of the result: returns its text, or None if none is to be written."""
    if task.fault == "no-result":
        return None
    if task.fault == "bad-result":
        return '{"contract":'
    if task.fault == "foreign-result":
        result["job_id"] += "-other"
    if task.fault == "escape":
        result["outputs"].append({"role": "model", "path": "../request.json", "sha256": "0" * 64, "bytes": 0})
    if task.fault in ("wrong-hash", "truncated-output", "missing-output"):
        contract.demand(result["outputs"], f"fault = {task.fault!r}: this command has no output")
        spoil(task, result["outputs"][0])
    return json.dumps(result, allow_nan=False)


def spoil(task, output):
    """Breaks an output."""
    path = task.path(output["path"])
    if task.fault == "wrong-hash":
        output["sha256"] = "0" * 64
    elif task.fault == "missing-output":
        os.remove(path)
    else:
        os.truncate(path, output["bytes"] // 2)
