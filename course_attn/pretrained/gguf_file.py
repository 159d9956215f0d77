"""A reader for GGUF, the file format of llama.cpp: lists of texts, and tensors in four or eight bits a number.

The library ``gguf`` reads it too, but takes four seconds for SmolLM2's file where this takes one; the tests hold this
reader to the library's numbers, bit by bit.

The format, all numbers little-endian: the letters GGUF, version (uint32), the number of tensors and of fields (uint64
each); for each field its name (text), type (uint32) and value; for each tensor its name (text), rank (uint32), sizes
(uint64 each, the fastest first), type (uint32) and offset (uint64); then zeros up to a multiple of the alignment, and
the tensors. A text is its length (uint64) and its bytes; a list is the type of its entries (uint32), their number
(uint64), and the entries.

Numbers in four bits (Q4_1) come in blocks of 32: a factor and a start (float16 each), then 16 bytes, whose low halves
are the first 16 numbers; in eight bits (Q8_0), a factor, then 32 signed bytes.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_attn.files import FileUnavailable

VERSIONS = (2, 3)
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
TEXT, LIST = 8, 9
BLOCK = 32  # numbers that share a factor
BYTES = {"F32": (1, 4), "F16": (1, 2), "Q4_1": (BLOCK, 20), "Q8_0": (BLOCK, 34)}  # numbers, and their bytes
TENSOR_TYPES = {0: "F32", 1: "F16", 3: "Q4_1", 8: "Q8_0"}


class _Reader:
    """Reads one thing after another; past the end is an error."""

    def __init__(self, data: memoryview):
        self.data, self.at = data, 0

    def number(self, form: str) -> Any:
        (value,) = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return value

    def bytes(self, count: int) -> memoryview:
        if self.at + count > len(self.data):
            raise ValueError(f"{count} bytes wanted at {self.at}, {len(self.data) - self.at} left")
        self.at += count
        return self.data[self.at - count : self.at]

    def text(self) -> str:
        return str(self.bytes(self.number("Q")), "utf-8")

    def value(self, kind: int) -> Any:
        if kind == TEXT:
            return self.text()
        if kind == LIST:
            inner, count = self.number("I"), self.number("Q")
            if inner in NUMBERS:
                size = struct.calcsize(f"<{NUMBERS[inner]}")
                return list(struct.unpack(f"<{count}{NUMBERS[inner]}", self.bytes(count * size)))
            return [self.value(inner) for _ in range(count)]
        return self.number(NUMBERS[kind])


def read_gguf(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a GGUF file.

    Args:
        path: The file.

    Returns:
        Name to tensor, all in float32; and the other fields, name to number, text or list.

    Raises:
        FileUnavailable: If it is no such file, of another version, cut short, or has numbers of another type.

    Chapter: Transformer.
    """
    try:
        read = _Reader(memoryview(path.read_bytes()))
        if (start := bytes(read.bytes(4))) != b"GGUF":
            raise ValueError(f"it starts with {start!r}")
        if (version := read.number("I")) not in VERSIONS:
            raise ValueError(f"version {version}, not {' or '.join(map(str, VERSIONS))}")
        num_tensors, num_fields = read.number("Q"), read.number("Q")
        fields = {}
        for _ in range(num_fields):
            name = read.text()
            fields[name] = read.value(read.number("I"))
        entries = []
        for _ in range(num_tensors):
            name = read.text()
            shape = tuple(read.number("Q") for _ in range(read.number("I")))[::-1]
            entries.append((name, shape, read.number("I"), read.number("Q")))
        alignment = fields.get("general.alignment", 32)
        base = -(-read.at // alignment) * alignment  # the next multiple
        tensors = {}
        for name, shape, number, offset in entries:
            if number not in TENSOR_TYPES:
                raise ValueError(f"type {number} of numbers is not read here")
            kind, count = TENSOR_TYPES[number], math.prod(shape)
            in_block, size = BYTES[kind]
            if count % in_block:
                raise ValueError(f"{count} numbers are no whole blocks of {in_block}")
            read.at = base + offset
            tensors[name] = _unpack(read.bytes(count // in_block * size), kind).view(shape)
    except (struct.error, ValueError, KeyError) as problem:
        raise FileUnavailable(f"{path.name} is no whole GGUF file ({problem}). Delete it: {path}") from problem
    return tensors, fields


def _unpack(data: memoryview, kind: str) -> Tensor:
    """Stored bytes to float32 numbers, in one row."""
    if kind == "F32":
        return torch.from_numpy(np.frombuffer(data, "<f4").copy())
    if kind == "F16":
        return torch.from_numpy(np.frombuffer(data, "<f2").astype(np.float32))
    blocks = np.frombuffer(data, np.uint8).reshape(-1, BYTES[kind][1])
    factor = torch.from_numpy(blocks[:, :2].copy().view("<f2").astype(np.float32))  # (blocks, 1)
    if kind == "Q8_0":
        return (torch.from_numpy(blocks[:, 2:].copy().view(np.int8)) * factor).flatten()
    start = torch.from_numpy(blocks[:, 2:4].copy().view("<f2").astype(np.float32))
    pairs = torch.from_numpy(blocks[:, 4:].copy())  # (blocks, 16)
    return (torch.cat([pairs & 15, pairs >> 4], dim=1) * factor + start).flatten()
