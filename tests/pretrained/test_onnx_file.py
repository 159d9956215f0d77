"""ONNX: files written by the library onnx, read here to its own numbers; one by hand; and whatever is no such file."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_attn.files import FileUnavailable
from course_attn.pretrained.onnx_file import Node, read_onnx_graph
from course_attn.pretrained.pins import DINOV2_GRAPH

KINDS = ["float32", "float64", "float16", "int64", "int32", "int8", "uint8", "bool"]
# The format's version, 8; a graph with a node (inputs x and w, name n, MatMul) and a tensor w, (2, 1), of the floats
# 1 and -2; the operators' version, 13. A line is a field of the file, or a part of the graph.
BY_HAND = bytes.fromhex(
    "0808"
    "3a28"
    "0a11" "0a0178" "0a0177" "1a016e" "22064d61744d756c"
    "2a13" "0802" "0801" "1001" "420177" "4a08" "0000803f" "000000c0"
    "4202100d"
)  # fmt: skip


@pytest.fixture
def onnx():
    return pytest.importorskip("onnx", reason="onnx, which writes and reads the format, is not installed")


def saved(onnx, path, tensors, nodes=()):
    graph = onnx.helper.make_graph(list(nodes), "made up", [], [], tensors)
    onnx.save(onnx.helper.make_model(graph), str(path))
    return path


def read_by_the_library(onnx, path):
    graph = onnx.load(str(path)).graph
    tensors = {t.name: torch.from_numpy(onnx.numpy_helper.to_array(t).copy()) for t in graph.initializer}
    return tensors, [Node(node.name, node.op_type, list(node.input)) for node in graph.node]


def assert_same(found, known):
    assert found[1] == known[1]
    assert list(found[0]) == list(known[0])
    for name, tensor in known[0].items():
        assert found[0][name].dtype == tensor.dtype, name
        assert torch.equal(found[0][name], tensor), name


def test_a_file_by_hand(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(BY_HAND)
    assert_same(read_onnx_graph(path), ({"w": torch.tensor([[1.0], [-2.0]])}, [Node("n", "MatMul", ["x", "w"])]))


def test_the_librarys_numbers_of_every_type(tmp_path, onnx):
    values = np.array([[-3, 0, 2], [7, -1, 5]])
    tensors = [onnx.numpy_helper.from_array(values.astype(kind), f"raw {kind}") for kind in KINDS]
    for kind in ("float32", "float64", "int64", "int32"):
        number = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind))
        tensors.append(onnx.helper.make_tensor(f"listed {kind}", number, values.shape, values.flatten().tolist()))
    tensors.append(onnx.numpy_helper.from_array(np.array(2**40 + 1), "one number"))
    tensors.append(onnx.numpy_helper.from_array(np.zeros((3, 0), np.float32), "none"))
    nodes = [
        onnx.helper.make_node("Gather", ["raw int64", "straße"], ["y"], name="/part/Gather", axis=1),
        onnx.helper.make_node("Identity", [], ["z"]),
    ]
    path = saved(onnx, tmp_path / "model.onnx", tensors, nodes)
    known = read_by_the_library(onnx, path)
    assert len(known[0]) == len(KINDS) + 6
    assert_same(read_onnx_graph(path), known)


@pytest.mark.slow
def test_the_real_file_as_the_library_reads_it(onnx, real_weights):
    real_weights("dinov2")
    assert_same(read_onnx_graph(DINOV2_GRAPH.path), read_by_the_library(onnx, DINOV2_GRAPH.path))


def refused(path, data):
    path.write_bytes(data)
    with pytest.raises(FileUnavailable, match=f"^{re.escape(path.name)} is no whole ONNX file") as told:
        read_onnx_graph(path)
    return str(told.value)


def test_cut_short_anywhere(tmp_path, onnx):
    tensor = onnx.helper.make_tensor("listed", onnx.TensorProto.INT64, (3,), [1, -1, 2**40])
    node = onnx.helper.make_node("Gather", ["a", "b"], ["y"], name="/part/Gather", axis=1)
    whole = saved(onnx, tmp_path / "whole.onnx", [tensor], [node]).read_bytes()
    for data in (BY_HAND, whole):
        for size in range(len(data)):
            assert "Delete it: " in refused(tmp_path / "cut.onnx", data[:size])


def graph_or_the_one_error(path, data):
    path.write_bytes(data)
    try:
        tensors, nodes = read_onnx_graph(path)
    except FileUnavailable:
        return
    assert sum(t.numel() for t in tensors.values()) <= len(data)
    assert all(isinstance(node, Node) for node in nodes)


@given(st.binary(max_size=200), st.integers(0, len(BY_HAND) - 1), st.integers(0, len(BY_HAND)))
def test_bytes_of_any_kind_alone_and_in_a_good_file(tmp_path_factory, noise, start, end):
    for data in (noise, BY_HAND[:start] + noise + BY_HAND[end:]):
        graph_or_the_one_error(tmp_path_factory.getbasetemp() / "noise.onnx", data)


def test_any_byte_changed(tmp_path):
    for at in range(len(BY_HAND)):
        for byte in (0, 1, 2, 10, 0x7F, 0x80, 0xFF, BY_HAND[at] ^ 1, BY_HAND[at] ^ 8):
            graph_or_the_one_error(tmp_path / "noise.onnx", BY_HAND[:at] + bytes([byte]) + BY_HAND[at + 1 :])


def tensor_with(*fields):
    """The file by hand with another tensor."""
    tensor = b"".join(fields)
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    return b"\x08\x08\x3a" + bytes([len(graph)]) + graph + bytes.fromhex("4202100d")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (tensor_with(b"\x08\x03", b"\x10\x01", b"\x4a\x04", bytes(4)), "1 numbers for a tensor of shape [3]"),
        (tensor_with(b"\x08\x01", b"\x10\x01", b"\x4a\x03", bytes(3)), "multiple of element size"),
        (tensor_with(b"\x08\x01", b"\x10\x08"), "type 8 of numbers is not read here"),
        (tensor_with(b"\x08\x01"), "type 0 of numbers is not read here"),
        (tensor_with(b"\x10\x01", b"\x70\x01"), "numbers in another file"),
        (tensor_with(b"\x08\x00\x08" + b"\xff" * 9 + b"\x01", b"\x10\x01"), "0 numbers for a tensor of shape [0, 184"),
        (tensor_with(b"\x10\x01\x08\x00\x42\x01\xff"), "invalid start byte"),
        (tensor_with(b"\x0b"), "a field of kind 3"),
        (b"\x08" + b"\xff" * 10, "a number of more than ten bytes"),
        (b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "9223372036854775807 bytes wanted, 0 left"),
        (b"", "no version"),
        (b"\x08\x08\x42\x02\x10\x0d", "no graph"),
        (b"\x08\x08\x3a\x00", "no version of the operators"),
        (b"<html>", "a field of kind 4"),
    ],
)
def test_each_way_of_being_no_such_file_is_named(tmp_path, data, said):
    assert said in refused(tmp_path / "model.onnx", data)


def test_more_axes_than_a_tensor_has(tmp_path):
    data = tensor_with(b"\x10\x01\x4a\x04" + bytes(4) + b"\x08\x01" * 20 + b"\x0a\x30" + b"\x01" * 48)
    assert "maximum" in refused(tmp_path / "model.onnx", data)
