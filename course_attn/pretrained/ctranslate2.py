"""A reader for the files of CTranslate2, the engine that many packaged Whisper models are made for.

The format, all numbers little-endian: version (uint32, here 6), the model's kind (text), its revision (uint32), the
number of tensors (uint32); for each tensor its name (text), rank (uint8), sizes (uint32 each), type (uint8), number of
bytes (uint32), and those bytes; last the number of aliases (uint32), for each two names (text): another name, and the
tensor that it stands for. A text is its length with the closing zero byte (uint16), then the bytes and the zero.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_attn.files import FileUnavailable

VERSION = 6
TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}


class _Reader:
    """Reads one thing after another; past the end is an error."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def bytes(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise ValueError(f"{count} bytes wanted at {self.at}, {len(self.data) - self.at} left")
        self.at += count
        return self.data[self.at - count : self.at]

    def text(self) -> str:
        return self.bytes(self.number("H"))[:-1].decode()


def read_ctranslate2(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a model file.

    Args:
        path: The file, often ``model.bin``.

    Returns:
        Name to tensor, as stored (often float16); and other names, each with the tensor it stands for.

    Raises:
        FileUnavailable: If it is no such file, of another version, or cut short.
    """
    try:
        read = _Reader(path.read_bytes())
        if (version := read.number("I")) != VERSION:
            raise ValueError(f"version {version}, not {VERSION}")
        read.text()  # the model's kind and revision say nothing that the names do not
        read.number("I")
        tensors = {}
        for _ in range(read.number("I")):
            name = read.text()
            shape = [read.number("I") for _ in range(read.number("B"))]
            kind = TYPES[read.number("B")]
            values = np.frombuffer(read.bytes(read.number("I")), kind).reshape(shape)
            tensors[name] = torch.from_numpy(values.copy())
        aliases = {}
        for _ in range(read.number("I")):
            name = read.text()
            aliases[name] = read.text()
        if read.at != len(read.data):
            raise ValueError(f"{len(read.data) - read.at} bytes too many")
    except (struct.error, ValueError, KeyError) as problem:
        raise FileUnavailable(f"{path.name} is no whole CTranslate2 file ({problem}). Delete it: {path}") from problem
    return tensors, aliases
