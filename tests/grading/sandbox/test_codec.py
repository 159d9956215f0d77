"""Frames: what goes in comes out; what breaks the rules is refused before it can do harm."""

import json
import struct

import pytest
import torch
from safetensors.torch import save

from course_attn.grading.calling import Unusable
from course_attn.grading.sandbox import codec


def reader(data):
    stream = iter([data])
    buffer = bytearray(next(stream))

    def receive(count):
        if len(buffer) < count:
            raise EOFError
        part = bytes(buffer[:count])
        del buffer[:count]
        return part

    return receive


def again(value):
    return codec.read(reader(codec.encode(value)))


def frame(tree, blob=b""):
    text = json.dumps(tree).encode()
    return struct.pack(">II", len(text), len(blob)) + text + blob


@pytest.mark.parametrize(
    "value", [None, True, -3, 2**62, 0.1, float("-inf"), "ü\n", [1, (2.5, "a")], {"a": [None, {"b": ()}]}]
)
def test_plain_values_come_out_as_they_went_in(value):
    found = again(value)
    assert found == value
    assert type(found) is type(value)


def test_nan_survives():
    assert again(float("nan")) != again(float("nan"))


@pytest.mark.parametrize("dtype", sorted(codec.DTYPES, key=str), ids=str)
def test_tensors_survive_exactly(dtype):
    tensor = (10 * torch.randn(3, 5, generator=torch.Generator().manual_seed(0))).to(dtype).T
    found = again((tensor, tensor[0, 0]))
    assert type(found[0]) is torch.Tensor
    torch.testing.assert_close(found, (tensor, tensor[0, 0]), rtol=0, atol=0)


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2}, 2**70, 1j, torch.ones(2).to_sparse(), torch.ones(2, dtype=torch.complex64), {3}, print],
    ids=lambda value: type(value).__name__,
)
def test_everything_else_goes_as_its_name(value):
    assert isinstance(again(value), Unusable)


def test_a_tensor_subclass_comes_out_plain():
    class Sly(torch.Tensor):
        pass

    assert type(again(torch.ones(2).as_subclass(Sly))) is torch.Tensor


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">II", 2**32 - 1, 2**32 - 1),
        struct.pack(">II", 3, 0) + b"}{!",
        frame(["x", 1]),
        frame(["i", "9" * 5000]),
        frame(["p", 5]),
        frame(["t", "0"]),
        frame(["f", "zz"]),
        frame([]),
        frame(7),
        frame(["d", [[1, ["p", None]]]]),
        frame(["l", [["p", None]] * 20_000]),
        frame(["t", "0"], b"\xff" * 64),
        frame(["t", "0"], save({"0": torch.ones(2)})[:-3]),
        struct.pack(">II", 40_000, 0) + b"[" * 40_000,
        frame(["f", "0x1p+99999"]),
        frame(["t", "0"], struct.pack("<Q", 2**62) + b"{}"),
        frame(["t", "0"], save({str(number): torch.ones(1) for number in range(20_000)})),
    ],
    ids=range(17),
)
def test_broken_frames_are_refused(data):
    with pytest.raises(codec.FrameError):
        codec.read(reader(data))


def test_text_that_would_fill_the_memory_is_not_even_read():
    asked = []

    def receive(count):
        asked.append(count)
        return struct.pack(">II", 60 * 2**20, 0)

    with pytest.raises(codec.FrameError, match="more than 1 MB of text"):
        codec.read(receive)
    assert asked == [codec.HEAD.size]


def test_the_grader_may_send_a_long_answer():
    text = "x" * (2 * codec.MAX_TEXT)
    with pytest.raises(codec.FrameError, match="without their tensors the data take more than 1 MB"):
        codec.encode(text)
    sent = codec.encode(text, codec.MAX_BYTES)
    with pytest.raises(codec.FrameError):
        codec.read(reader(sent))
    assert codec.read(reader(sent), codec.MAX_BYTES) == text


def test_all_parts_that_are_allowed_fit_into_the_text():
    many = [0.1] * (codec.MAX_NODES - 1)
    assert again(many) == many


def test_depth_and_size_are_limited_when_sending_too():
    deep = []
    for _ in range(20):
        deep = [deep]
    with pytest.raises(codec.FrameError, match="nested"):
        codec.encode(deep)
    with pytest.raises(codec.FrameError, match="64 MB"):
        codec.encode(torch.zeros(1).expand(2**25))
