"""GGUF: files written by the library gguf, read here to its own numbers; and one number unpacked by hand."""

import re
import struct

import numpy as np
import pytest
import torch

from course_attn.files import FileUnavailable, fetch
from course_attn.pretrained.gguf_file import read_gguf
from course_attn.pretrained.pins import SMOLLM2_GGUF

TOKENS = ["<|im_end|>", "Ġ", "straße"]
NUMBERS = np.linspace(-1, 1, 3 * 64, dtype=np.float32).reshape(3, 64) ** 3


def write(path):
    """Return what the library itself reads of each tensor."""
    gguf = pytest.importorskip("gguf", reason="gguf, which writes the format, is not installed")
    writer, kinds, known = gguf.GGUFWriter(str(path), "llama"), gguf.GGMLQuantizationType, {}
    writer.add_token_list(TOKENS)
    writer.add_token_types([3, 1, 1])
    writer.add_float32("a.float", 0.5)
    writer.add_int64("a.negative", -7)
    writer.add_bool("a.bool", True)
    for kind in (kinds.Q4_1, kinds.Q8_0, kinds.F16):
        packed = gguf.quantize(NUMBERS, kind)
        writer.add_tensor(kind.name, packed, raw_dtype=kind)
        known[kind.name] = torch.from_numpy(np.array(gguf.dequantize(packed, kind), np.float32))
    writer.add_tensor("F32", NUMBERS)
    writer.add_tensor("one axis", NUMBERS[0, :7])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return known | {"F32": torch.from_numpy(NUMBERS), "one axis": torch.from_numpy(NUMBERS[0, :7])}


def test_the_librarys_numbers(tmp_path):
    known = write(tmp_path / "model.gguf")
    tensors, fields = read_gguf(tmp_path / "model.gguf")
    assert fields["tokenizer.ggml.tokens"] == TOKENS
    assert fields["tokenizer.ggml.token_type"] == [3, 1, 1]
    assert (fields["a.float"], fields["a.negative"], fields["a.bool"]) == (0.5, -7, True)
    assert set(tensors) == set(known)
    for name, tensor in known.items():
        assert tensors[name].dtype == torch.float32
        assert torch.equal(tensors[name], tensor), name
    torch.testing.assert_close(tensors["Q4_1"], known["F32"], atol=1 / 15, rtol=0)  # a sixteenth of a block's span


def by_hand(kind, data, shape=(32,), version=3, start=b"GGUF"):
    """A file with one tensor and no field."""
    text = struct.pack("<Q", 1) + b"t"
    out = start + struct.pack("<IQQ", version, 1, 0) + text
    out += struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape[::-1], kind, 0)
    return out + bytes(-len(out) % 32) + data


def test_four_and_eight_bits_by_hand(tmp_path):
    path = tmp_path / "model.gguf"
    # Factor 0.5, start -1; the first byte's low half is number 0, its high half number 16.
    path.write_bytes(by_hand(3, struct.pack("<ee", 0.5, -1.0) + bytes([0x3F, *[0] * 14, 0x20])))
    numbers = read_gguf(path)[0]["t"]
    assert numbers[[0, 16, 15, 31, 7]].tolist() == [15 * 0.5 - 1, 3 * 0.5 - 1, -1.0, 2 * 0.5 - 1, -1.0]
    path.write_bytes(by_hand(8, struct.pack("<e32b", 0.25, 3, -4, *[1] * 30), (1, 32)))
    numbers = read_gguf(path)[0]["t"]
    assert numbers.shape == (1, 32)
    assert numbers[0, :3].tolist() == [0.75, -1.0, 0.25]


@pytest.mark.parametrize("keep", [0, 2, 4, 20, 40, 200, -100, -5])
def test_a_file_cut_short(tmp_path, keep):
    path = tmp_path / "model.gguf"
    write(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(FileUnavailable, match=re.escape("model.gguf is no whole GGUF file (")):
        read_gguf(path)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (by_hand(0, bytes(128), start=b"GGML"), "it starts with b'GGML'"),
        (by_hand(0, bytes(128), version=1), "version 1, not 2 or 3"),
        (by_hand(12, bytes(128)), "type 12 of numbers is not read here"),
        (by_hand(3, bytes(20), (33,)), "33 numbers are no whole blocks of 32"),
    ],
)
def test_a_file_of_another_kind(tmp_path, data, why):
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    with pytest.raises(FileUnavailable, match=re.escape(why)):
        read_gguf(path)


@pytest.mark.slow
def test_the_real_file_to_the_librarys_numbers(real_weights):
    real_weights("smollm2")
    gguf = pytest.importorskip("gguf", reason="gguf is not installed")
    path = fetch(SMOLLM2_GGUF)
    tensors, fields = read_gguf(path)
    reference = gguf.GGUFReader(str(path))
    assert len(tensors) == len(reference.tensors) == 272
    for tensor in reference.tensors:
        assert np.array_equal(tensors[tensor.name], gguf.dequantize(tensor.data, tensor.tensor_type))
    ours = {name: field.contents() for name, field in reference.fields.items() if not name.startswith("GGUF.")}
    assert fields == ours
