"""Datasets as genuine .npz files, read and written without numpy, and without pickles."""
import array
import ast
import struct
import zipfile
from collections import namedtuple

import game
from contract import reading
from files import publishing

ID_BYTES = 32
MAGIC = b"\x93NUMPY\x01\x00"

Sample = namedtuple("Sample", "pile policy value game_id position generation weight")


def write(path, samples, players):
    """Writes samples; the same samples give the same bytes."""
    rows = len(samples)
    arrays = {
        "features": ("<f4", (rows, 1), floats(s.pile for s in samples)),
        "policy": ("<f4", (rows, game.TAKES), floats(share for s in samples for share in s.policy)),
        "value": ("<f4", (rows, players), floats(share for s in samples for share in s.value)),
        "game_id": (f"|S{ID_BYTES}", (rows,), b"".join(s.game_id.encode().ljust(ID_BYTES, b"\0") for s in samples)),
        "position": ("<i4", (rows,), array.array("i", [s.position for s in samples]).tobytes()),
        "generation": ("<i4", (rows,), array.array("i", [s.generation for s in samples]).tobytes()),
        "weight": ("<f4", (rows,), floats(s.weight for s in samples)),
    }
    with publishing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, (kind, shape, content) in arrays.items():
            entry = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, encode(kind, shape, content), zipfile.ZIP_DEFLATED)


def floats(numbers):
    return array.array("f", numbers).tobytes()


def encode(kind, shape, content):
    """The bytes of one .npy array."""
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    head += b" " * (-(len(MAGIC) + 3 + len(head)) % 64) + b"\n"
    return MAGIC + struct.pack("<H", len(head)) + head + content


def decode(contents):
    """The shape of an array, and its items, flat."""
    if not contents.startswith(MAGIC):
        raise ValueError("not an array of version 1")
    begin = len(MAGIC) + 2
    end = begin + struct.unpack("<H", contents[len(MAGIC) : begin])[0]
    head, content = ast.literal_eval(contents[begin:end].decode()), contents[end:]
    kind = head["descr"]
    if kind.startswith("|S"):
        width = int(kind[2:])
        return head["shape"], [content[i : i + width].rstrip(b"\0").decode() for i in range(0, len(content), width)]
    return head["shape"], array.array({"<f4": "f", "<i4": "i"}[kind], content).tolist()


def arrays_of(path):
    """All arrays of a dataset by name, each with as many rows as the others."""
    with reading(path), zipfile.ZipFile(path) as archive:
        arrays = {name.removesuffix(".npy"): decode(archive.read(name)) for name in archive.namelist()}
        rows = arrays["features"][0][0]
        for name, (shape, items) in arrays.items():
            if shape[0] != rows or len(items) != rows * (shape[1] if len(shape) > 1 else 1):
                raise ValueError(f"{name} has not {rows} rows")
        return arrays


def read(path):
    """Returns the samples of a dataset."""
    arrays = arrays_of(path)
    with reading(path):
        width = arrays["value"][0][1]
        items = {name: values for name, (_, values) in arrays.items()}
        policies = [items["policy"][i : i + game.TAKES] for i in range(0, len(items["policy"]), game.TAKES)]
        values = [items["value"][i : i + width] for i in range(0, len(items["value"]), width)]
        piles = [int(pile) for pile in items["features"]]
        return [Sample(*row) for row in zip(piles, policies, values, items["game_id"], items["position"], items["generation"], items["weight"])]
