"""CTranslate2's file format, written here byte by byte."""

import re
import struct

import numpy as np
import pytest
import torch

from course_attn.files import FileUnavailable
from course_attn.pretrained.ctranslate2 import read_ctranslate2

ARRAYS = {
    "encoder/conv1/weight": np.arange(30, dtype="<f2").reshape(2, 3, 5),
    "encoder/num_heads": np.array(6, dtype="<i2"),
    "encoder/scale": np.array([0.5, -1.25], dtype="<f4"),
}
CODE = {"float32": 0, "int8": 1, "int16": 2, "int32": 3, "float16": 4}


def text(value):
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def packed(version=6):
    out = struct.pack("<I", version) + text("WhisperSpec") + struct.pack("<II", 3, len(ARRAYS))
    for name, array in ARRAYS.items():
        out += text(name) + struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
        out += struct.pack("<BI", CODE[array.dtype.name], array.nbytes) + array.tobytes()
    return out + struct.pack("<I", 1) + text("decoder/projection/weight") + text("encoder/scale")


def test_reading(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(packed())
    tensors, aliases = read_ctranslate2(path)
    assert aliases == {"decoder/projection/weight": "encoder/scale"}
    assert set(tensors) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert torch.equal(tensors[name], torch.from_numpy(array.copy())), name


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (packed(5), "version 5, not 6"),
        (packed() + b"x", "1 bytes too many"),
        (b"", "unpack_from requires"),
        *((packed()[:cut], "(") for cut in (3, 9, 40, 60, 130, len(packed()) - 1)),
    ],
)
def test_a_file_cut_short_or_of_another_kind(tmp_path, data, why):
    path = tmp_path / "model.bin"
    path.write_bytes(data)
    with pytest.raises(FileUnavailable, match=r"model\.bin is no whole CTranslate2 file.*" + re.escape(why)):
        read_ctranslate2(path)
