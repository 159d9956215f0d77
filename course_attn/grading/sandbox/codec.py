"""What passes between grader and worker: frames of JSON and safetensors, never pickle.

A frame is two lengths, a JSON text and a safetensors blob that holds its tensors. Every value is tagged, so
that decoding can only build the few plain types listed here; whatever else arrives is a `FrameError`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import safetensors
import torch
from safetensors.torch import load, save
from torch import Tensor

from course_attn.grading.calling import Unusable

HEAD = struct.Struct(">II")
MAX_BYTES = 64 * 2**20
MAX_TEXT = 2**20  # of what a worker sends: read as JSON, text takes fifty times its size in memory
MAX_TENSORS = 2**20  # of the names, types and shapes of the tensors; the numbers themselves are not in it
MAX_DEPTH = 16
MAX_NODES = 10_000
MAX_INT = 2**63
DTYPES = {
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
}
UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, AttributeError)  # also too deep


class FrameError(Exception):
    """A frame that breaks the rules: too large, too deep, cut off, or of an unknown kind."""


def encode(value: Any, most_text: int = MAX_TEXT) -> bytes:
    """The frame for a value. What is neither plain data nor a plain tensor goes as its type's name.

    Args:
        value: The value.
        most_text: Bytes that its JSON may take; the grader, which sends whole answers, allows itself more.

    Raises:
        FrameError: If the value is too large or nested too deep.
    """
    tensors: dict[str, Tensor] = {}
    tree = _pack(value, tensors, 0)
    if sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()) > MAX_BYTES:
        raise FrameError("the tensors take more than 64 MB")
    text = json.dumps(tree, allow_nan=False).encode()
    if len(text) > most_text:
        raise FrameError(f"without their tensors the data take more than {most_text // 2**20} MB")
    blob = save(tensors) if tensors else b""
    if len(text) + len(blob) > MAX_BYTES:
        raise FrameError("the data take more than 64 MB")
    return HEAD.pack(len(text), len(blob)) + text + blob


def read(receive: Callable[[int], bytes], most_text: int = MAX_TEXT) -> Any:
    """Read one frame.

    Args:
        receive: Called with a count, returns exactly that many bytes.
        most_text: Bytes that its JSON may have; a worker, which reads from the grader, allows more.

    Raises:
        FrameError: If the frame breaks the rules; the lengths are checked before anything is read, and the length of
            the tensors' list before it is built.
    """
    text_size, blob_size = HEAD.unpack(receive(HEAD.size))
    if text_size > most_text or text_size + blob_size > MAX_BYTES:
        raise FrameError("a frame of more than 64 MB, or with more than 1 MB of text")
    text, blob = receive(text_size), receive(blob_size)
    try:
        if blob and int.from_bytes(blob[:8], "little") > MAX_TENSORS:
            raise FrameError("too many tensors")
        tensors = load(bytes(blob)) if blob else {}
        return _Unpacker(tensors).unpack(json.loads(text), 0)
    except FrameError:
        raise
    except UNREADABLE as reason:
        raise FrameError(f"a malformed frame: {type(reason).__name__}") from None
    except safetensors.SafetensorError:
        raise FrameError("malformed tensors") from None


def _pack(value: Any, tensors: dict[str, Tensor], depth: int) -> list[Any]:
    if depth > MAX_DEPTH:
        raise FrameError(f"the data are nested more than {MAX_DEPTH} deep")
    kind = type(value)
    if isinstance(value, Tensor):
        plain = value.layout == torch.strided and value.device.type == "cpu" and value.dtype in DTYPES
        if not plain:
            return ["o", f"Tensor ({value.dtype}, {value.layout}, {value.device.type})"]
        tensors[str(len(tensors))] = value.detach().as_subclass(Tensor).clone(memory_format=torch.contiguous_format)
        return ["t", str(len(tensors) - 1)]
    if value is None or kind in (bool, str):
        return ["p", value]
    if kind is int:
        return ["i", str(value)] if -MAX_INT <= value < MAX_INT else ["o", "int beyond 64 bits"]
    if kind is float:
        return ["f", value.hex()]  # exact, and JSON has no word for NaN
    if kind in (list, tuple):
        return ["l" if kind is list else "u", [_pack(part, tensors, depth + 1) for part in value]]
    if kind is dict and all(type(key) is str for key in value):
        return ["d", [[key, _pack(part, tensors, depth + 1)] for key, part in value.items()]]
    return ["o", value.type_name if isinstance(value, Unusable) else kind.__name__]


class _Unpacker:
    """Builds plain values only, and counts them."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.tensors = tensors
        self.nodes = 0

    def unpack(self, tree: Any, depth: int) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise FrameError("the data are nested too deep or have too many parts")
        tag, body = tree
        if tag == "p" and (body is None or type(body) in (bool, str)):
            return body
        if tag == "i" and len(body) <= 20:
            return int(body)
        if tag == "f" and len(body) <= 40:
            return float.fromhex(body)
        if tag == "t":
            tensor = self.tensors[body]
            if type(tensor) is not Tensor or tensor.dtype not in DTYPES:
                raise FrameError("a tensor of an unknown kind")
            return tensor
        if tag in ("l", "u") and type(body) is list:
            parts = [self.unpack(part, depth + 1) for part in body]
            return parts if tag == "l" else tuple(parts)
        if tag == "d" and all(type(key) is str for key, _ in body):
            return {key: self.unpack(part, depth + 1) for key, part in body}
        if tag == "o" and type(body) is str:
            return Unusable("".join(letter for letter in body[:60] if letter.isprintable()))
        raise FrameError("a value of an unknown kind")
