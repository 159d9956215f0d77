"""A reader for ONNX: a graph's stored tensors, and which node uses which.

The library ``onnx`` reads it too, but asks for a version of protobuf that other packages of a notebook do not accept;
the tests hold this reader to the library's numbers.

The format is that of protocol buffers. A message is a row of fields; each begins with a number that holds the field's
number (all but the last three bits) and its kind: 0 a number, 1 eight bytes, 2 a length and so many bytes, 5 four
bytes. Such numbers have seven bits a byte, the lowest first; the eighth bit says that another byte follows. A text, a
message within the message and a list of packed numbers are all of kind 2. onnx.proto says which field has which number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_attn.files import FileUnavailable

VERSION, GRAPH, OPERATORS = 1, 7, 8  # of the whole file; an exporter writes the operators' version last
NODES, TENSORS = 1, 5  # of the graph
INPUTS, NODE_NAME, OPERATOR = 1, 3, 4  # of a node
SHAPE, TYPE, TENSOR_NAME, RAW, PLACE = 1, 2, 8, 9, 14  # of a tensor
TYPES = {1: "<f4", 2: "<u1", 3: "<i1", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2", 11: "<f8"}
LISTS = {1: 4, 6: 5, 7: 7, 11: 10}  # type to the field of a tensor whose numbers are not raw bytes
NUMBER, BYTES, FIXED = 0, 2, {1: 8, 5: 4}


@dataclass(frozen=True)
class Node:
    """One step of a graph.

    Args:
        name: Its name, often the path of the layer it was exported from.
        operator: What it does, such as ``MatMul``.
        inputs: Names of tensors.
    """

    name: str
    operator: str
    inputs: list[str]


class _Message:
    """The fields of a message by their numbers; one that comes several times has several values."""

    def __init__(self, data: memoryview):
        self.fields: dict[int, list[int | memoryview]] = {}
        at = 0
        while at < len(data):
            key, at = _number(data, at)
            field, kind = key >> 3, key & 7
            value: int | memoryview
            if kind == NUMBER:
                value, at = _number(data, at)
            elif kind == BYTES or kind in FIXED:
                size, at = _number(data, at) if kind == BYTES else (FIXED[kind], at)
                if size > len(data) - at:
                    raise ValueError(f"{size} bytes wanted, {len(data) - at} left")
                value, at = data[at : at + size], at + size
            else:
                raise ValueError(f"a field of kind {kind}")
            self.fields.setdefault(field, []).append(value)

    def parts(self, field: int) -> list[memoryview]:
        """The values of a field of bytes."""
        return [value for value in self.fields.get(field, []) if isinstance(value, memoryview)]

    def texts(self, field: int) -> list[str]:
        return [str(part, "utf-8") for part in self.parts(field)]

    def text(self, field: int) -> str:
        return ["", *self.texts(field)][-1]

    def messages(self, field: int) -> list[_Message]:
        return [_Message(part) for part in self.parts(field)]

    def numbers(self, field: int) -> list[int]:
        """The values of a field of whole numbers, packed or one by one."""
        found = []
        for value in self.fields.get(field, []):
            if isinstance(value, int):
                found.append(value)
                continue
            at = 0
            while at < len(value):
                number, at = _number(value, at)
                found.append(number)
        return found


def read_onnx_graph(path: Path) -> tuple[dict[str, Tensor], list[Node]]:
    """Read an ONNX file.

    Args:
        path: The file.

    Returns:
        Name to tensor, as stored; and the nodes in the order of the graph.

    Raises:
        FileUnavailable: If it is no such file, cut short, or keeps numbers of another type or in another file.

    Chapter: Vision transformer.
    """
    try:
        model = _Message(memoryview(path.read_bytes()))
        for field, part in ((VERSION, "version"), (GRAPH, "graph"), (OPERATORS, "version of the operators")):
            if field not in model.fields:
                raise ValueError(f"no {part}")
        nodes, tensors = [], {}
        for graph in model.messages(GRAPH):
            for node in graph.messages(NODES):
                nodes.append(Node(node.text(NODE_NAME), node.text(OPERATOR), node.texts(INPUTS)))
            for tensor in graph.messages(TENSORS):
                tensors[tensor.text(TENSOR_NAME)] = _tensor(tensor)
    except ValueError as problem:
        raise FileUnavailable(f"{path.name} is no whole ONNX file ({problem}). Delete it: {path}") from problem
    return tensors, nodes


def _tensor(message: _Message) -> Tensor:
    number = (message.numbers(TYPE) or [0])[-1]
    if number not in TYPES or any(message.numbers(PLACE)):
        raise ValueError("numbers in another file" if number in TYPES else f"type {number} of numbers is not read here")
    kind, shape = np.dtype(TYPES[number]), message.numbers(SHAPE)
    if raw := message.parts(RAW):
        values = np.frombuffer(raw[-1], kind)
    elif number not in LISTS:
        values = np.empty(0, kind)
    elif kind.kind == "f":
        values = np.frombuffer(b"".join(message.parts(LISTS[number])), kind)  # one by one or packed: the same bytes
    else:
        values = np.array(message.numbers(LISTS[number]), np.uint64).astype(kind)  # keeps the low bits, and so the sign
    if math.prod(shape) != values.size or max(shape, default=0) >= 2**31:
        raise ValueError(f"{values.size} numbers for a tensor of shape {shape}")
    return torch.from_numpy(values.reshape(shape).copy())


def _number(data: memoryview, at: int) -> tuple[int, int]:
    """The number that begins at a byte, and where it ends."""
    value = 0
    for place in range(10):  # 64 bits
        if at + place >= len(data):
            raise ValueError("it ends within a number")
        byte = data[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value & 2**64 - 1, at + place + 1
    raise ValueError("a number of more than ten bytes")
