"""Masks: True where a query may attend."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import MASKS, B, M, N, h
from torch.testing import assert_close

from course_attn.masks import causal_mask, combine_masks, padding_mask

sizes = st.integers(1, 7)


def table(rows):
    """A boolean tensor from rows of words in which x is allowed and . is hidden."""
    return torch.tensor([[place == "x" for place in row] for row in rows])


def test_causal_by_hand():
    assert_close(causal_mask(3), table(["x..", "xx.", "xxx"]))
    assert_close(causal_mask(2, 5), table(["xxxx.", "xxxxx"]))
    assert_close(causal_mask(1, 3), table(["xxx"]))  # decoding: the newest query sees the whole cache


@given(sizes, st.integers(0, 5))
def test_causal_is_its_rule(num_queries, more):
    num_keys = num_queries + more
    rule = [[j <= i + more for j in range(num_keys)] for i in range(num_queries)]
    assert_close(causal_mask(num_queries, num_keys), torch.tensor(rule))


@given(sizes, sizes)
def test_last_causal_rows_are_those_of_the_whole_square(num_queries, num_keys):
    """What a cache relies on: computing the newest queries alone changes nothing."""
    num_queries, num_keys = sorted((num_queries, num_keys))
    assert_close(causal_mask(num_queries, num_keys), causal_mask(num_keys)[-num_queries:])


def test_causal_dtype_and_device():
    mask = causal_mask(N, M, device="meta")
    assert mask.dtype == torch.bool
    assert mask.device.type == "meta"
    assert mask.shape == (N, M)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "causal_mask: num_queries must be a whole number of at least 1, got int 0"),
        ((-2,), "num_queries must be a whole number of at least 1, got int -2"),
        ((2.0,), "num_queries must be a whole number of at least 1, got float 2.0"),
        ((True,), "num_queries must be a whole number of at least 1, got bool True"),
        ((2, 0), "num_keys must be a whole number of at least 1, got int 0"),
        ((3, 2), "causal_mask: num_keys must be at least num_queries = 3, got 2"),
        ((None,), "num_queries must be a whole number of at least 1, got NoneType None"),
        ((torch.ones(3),), "num_queries must be a whole number of at least 1, got shape (3,), float32"),
    ],
)
def test_causal_errors(arguments, message):
    with pytest.raises(ValueError, match="must be") as problem:
        causal_mask(*arguments)
    assert message in str(problem.value)


@pytest.mark.parametrize("device", ["nope", "", "cuda:one", [], 3.0, "cuda:99"])
def test_causal_device_errors(device):
    with pytest.raises(ValueError, match="must be") as problem:
        causal_mask(3, device=device)
    assert str(problem.value) == (
        f"causal_mask: device must be a device of this machine, got {type(device).__name__} {device!r} "
        "(course_attn.device() picks one)"
    )


@pytest.mark.parametrize("device", [None, "cpu", torch.device("cpu")])
def test_causal_devices(device):
    assert causal_mask(3, device=device).device.type == "cpu"


def test_padding_by_hand():
    expected = table(["xxx", "x..", "..."])[:, None]
    assert_close(padding_mask([3, 1, 0]), expected)
    assert_close(padding_mask(torch.tensor([3, 1, 0])), expected)
    assert_close(padding_mask(torch.tensor([3, 1, 0], dtype=torch.uint8)), expected)
    assert_close(padding_mask([1, 2], max_length=4), table(["x...", "xx.."])[:, None])
    assert_close(padding_mask([0, 0]), torch.zeros(2, 1, 1, dtype=torch.bool))  # all empty: one place, hidden


@given(st.lists(st.integers(0, 6), min_size=1, max_size=5), st.integers(6, 8))
def test_padding_is_its_rule(lengths, max_length):
    mask = padding_mask(lengths, max_length)
    assert mask.shape == (len(lengths), 1, max_length)
    assert mask.dtype == torch.bool
    for row, length in zip(mask[:, 0].tolist(), lengths, strict=True):
        assert row == [True] * length + [False] * (max_length - length)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0],), "padding_mask: lengths must be whole numbers of shape (B,), got shape (2,), float32"),
        (([[1, 2]],), "lengths must be whole numbers of shape (B,), got shape (1, 2), int64"),
        (([],), "lengths must be whole numbers of shape (B,), got shape (0,)"),
        (([True, False],), "lengths must be whole numbers of shape (B,), got shape (2,), bool"),
        (([2, -1],), "padding_mask: lengths must be at least 0, got -1"),
        (([2, 5], 4), "padding_mask: lengths must be at most max_length = 4, got 5"),
        ((None,), "padding_mask: lengths must be whole numbers of shape (B,), got NoneType None"),
        (("abc",), "lengths must be whole numbers of shape (B,), got str 'abc'"),
        ((3,), "lengths must be whole numbers of shape (B,), got shape (), int64"),
        (([1j, 2],), "lengths must be whole numbers of shape (B,), got shape (2,), complex64"),
        (([[1], [2, 3]],), "lengths must be whole numbers of shape (B,), got list [[1], [2, 3]]"),
        (([3, None],), "lengths must be whole numbers of shape (B,), got list [3, None]"),
        (([2, 3], "5"), "padding_mask: max_length must be a whole number of at least 1, got str '5'"),
        (([0], 0), "padding_mask: max_length must be a whole number of at least 1, got int 0"),
    ],
)
def test_padding_errors(arguments, message):
    with pytest.raises(ValueError, match="must be") as problem:
        padding_mask(*arguments)
    assert message in str(problem.value)


def test_combine_by_hand():
    assert_close(
        combine_masks(causal_mask(3), padding_mask([3, 2])),
        torch.stack([table(["x..", "xx.", "xxx"]), table(["x..", "xx.", "xx."])]),
    )


@given(st.permutations(list(MASKS)))
def test_combine_in_any_order(names):
    combined = combine_masks(*(MASKS[name] for name in names))
    assert combined.shape == (B, h, N, M)
    allowed = [MASKS[name].expand(B, h, N, M).tolist() for name in names if MASKS[name] is not None]
    for b in range(B):
        for head in range(h):
            for i in range(N):
                for j in range(M):
                    assert combined[b, head, i, j].item() == all(mask[b][head][i][j] for mask in allowed)


def test_combine_skips_none_and_leaves_the_parts_alone():
    mask, other = causal_mask(3), torch.ones(3, 3, dtype=torch.bool)
    other[0, 0] = False
    before = mask.clone()
    assert combine_masks() is None
    assert combine_masks(None, None) is None
    assert_close(combine_masks(None, mask, None), mask)
    assert not combine_masks(mask, other)[0, 0]
    assert_close(mask, before)


def test_combine_errors():
    with pytest.raises(ValueError, match="must be") as problem:
        combine_masks(causal_mask(3), torch.ones(3, 3))
    assert str(problem.value) == (
        "combine_masks: each mask must be of dtype bool, True = may attend, got shape (3, 3), float32"
    )
    with pytest.raises(ValueError, match=r"each mask must be of dtype bool.*got list \[True\]"):
        combine_masks([True])
    with pytest.raises(ValueError, match=r"each mask must be broadcastable to \(3, 3\), got shape \(4, 4\), bool"):
        combine_masks(causal_mask(3), causal_mask(4))


def test_masks_on_two_devices_are_not_said_to_be_of_two_shapes():
    message = (
        r"each mask must be on the first mask's device, meta, got device cpu \(make it there: causal_mask\(N, device"
    )
    with pytest.raises(ValueError, match=message):
        combine_masks(None, causal_mask(3, device="meta"), causal_mask(3))
