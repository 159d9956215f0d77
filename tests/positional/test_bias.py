"""Positions as a number added to each score."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from course_attn.masks import causal_mask
from course_attn.positional import (
    AlibiBias,
    BucketBias,
    RelativeBias,
    RelativeBias2d,
    alibi_slopes,
    relative_distance,
    t5_buckets,
)


def test_distance_by_hand():
    assert relative_distance(2, 3).tolist() == [[-1, 0, 1], [-2, -1, 0]]


@given(st.integers(1, 7), st.integers(0, 7))
def test_distance_agrees_with_the_causal_mask(num_queries, more):
    num_keys = num_queries + more
    assert torch.equal(relative_distance(num_queries, num_keys) <= 0, causal_mask(num_queries, num_keys))


def with_random_table(bias):
    torch.nn.init.normal_(bias.table)
    return bias


def test_relative_bias_is_looked_up_by_clipped_distance():
    bias = with_random_table(RelativeBias(3, 2))
    got = bias(5, 7)
    for head in range(3):
        for i in range(5):
            for j in range(7):
                distance = min(max(j - (i + 2), -2), 2)
                assert got[head, i, j] == bias.table[head, distance + 2]


@pytest.mark.parametrize("bias", [RelativeBias(2, 11), BucketBias(2), AlibiBias(2)], ids=lambda b: type(b).__name__)
def test_bias_is_the_same_for_the_same_distance_and_for_newest_queries(bias):
    if hasattr(bias, "table"):
        with_random_table(bias)
    whole = bias(7, 7)
    assert whole.shape == (2, 7, 7)
    assert_close(whole[:, 1:, 1:], whole[:, :-1, :-1])  # constant along diagonals
    assert_close(bias(2, 7), whole[:, -2:])  # decoding: the last two queries


def bucket(distance, num_buckets, max_distance, two_sided):
    """The rule of T5, one whole number at a time."""
    start = 0
    if two_sided:
        num_buckets //= 2
        start = num_buckets if distance > 0 else 0
        steps = abs(distance)
    else:
        steps = max(-distance, 0)
    near = num_buckets // 2
    if steps < near:
        return start + steps
    far = near + int(math.log(steps / near) / math.log(max_distance / near) * (num_buckets - near))
    return start + min(far, num_buckets - 1)


@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize(("num_buckets", "max_distance"), [(32, 128), (8, 20)])
def test_buckets_are_the_rule(num_buckets, max_distance, two_sided):
    distance = torch.arange(-150, 151)
    expected = [bucket(d, num_buckets, max_distance, two_sided) for d in distance.tolist()]
    got = t5_buckets(distance, num_buckets, max_distance, two_sided)
    assert got.tolist() == expected
    assert set(got.tolist()) <= set(range(num_buckets))


def test_buckets_by_hand():
    # 8 buckets, two-sided: 4 a side, distances 0 and 1 alone, 2..., from 20 on the last.
    assert t5_buckets(torch.tensor([-30, -2, -1, 0, 1, 2, 30]), 8, 20).tolist() == [3, 2, 1, 0, 5, 6, 7]


def test_bucket_bias_looks_up_its_bucket():
    bias = with_random_table(BucketBias(3, 8, 5, two_sided=False))
    got = bias(5, 7)
    for i in range(5):
        for j in range(7):
            assert_close(got[:, i, j], bias.table[:, bucket(j - i - 2, 8, 5, False)])


def test_slopes_by_hand():
    assert alibi_slopes(8).tolist() == [2.0**-i for i in range(1, 9)]
    assert alibi_slopes(1).tolist() == [2.0**-8]
    # 3 heads: the two of h = 2, then the first of h = 4, as in the paper's code.
    assert alibi_slopes(3).tolist() == [2.0**-4, 2.0**-8, 2.0**-2]
    assert_close(alibi_slopes(12)[8:], torch.tensor([2 ** (-0.5 * i) for i in (1, 3, 5, 7)]))


def test_alibi_by_hand():
    expected = torch.tensor([[[-1.0, 0.0, -1.0], [-2.0, -1.0, 0.0]]]) * 2.0**-8
    assert_close(AlibiBias(1)(2, 3), expected)


@pytest.mark.parametrize("num_prefix", [0, 1, 2])
def test_grid_bias_depends_on_the_step_alone(num_prefix):
    height, width = 3, 5
    bias = with_random_table(RelativeBias2d(2, (height, width), num_prefix))
    length = num_prefix + height * width
    got = bias(length, length)
    seen = {}
    for i in range(length):
        for j in range(length):
            if i < num_prefix or j < num_prefix:
                step = (f"{i < num_prefix}", f"{j < num_prefix}")
            else:
                (y, x), (v, u) = divmod(i - num_prefix, width), divmod(j - num_prefix, width)
                step = (v - y, u - x)
            seen.setdefault(step, set()).add(tuple(got[:, i, j].tolist()))
    assert all(len(values) == 1 for values in seen.values()), "one step, one number"
    assert len(set.union(*seen.values())) == len(seen) == bias.table.shape[1], "every number has a step of its own"


@pytest.mark.parametrize(
    "bias", [RelativeBias(2, 3), BucketBias(2), RelativeBias2d(2, (3, 5), 1)], ids=lambda b: type(b).__name__
)
def test_training_starts_without_positions_and_reaches_the_table(bias):
    out = bias(16, 16)
    assert not out.any()
    out.sum().backward()
    assert bias.table.grad.sum() == 2 * 16 * 16


@pytest.mark.parametrize(
    "bias", [RelativeBias(2, 3), BucketBias(2), AlibiBias(2), RelativeBias2d(2, (3, 5))], ids=lambda b: type(b).__name__
)
def test_it_computes_where_its_weights_are(bias):
    assert bias.to("meta")(15, 15).device.type == "meta"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: relative_distance(0, 3), "relative_distance: num_queries must be"),
        (lambda: relative_distance(3, 1.0), "relative_distance: num_keys must be"),
        (lambda: RelativeBias(0, 3), "RelativeBias: num_heads must be"),
        (lambda: RelativeBias(2, 0), "RelativeBias: max_distance must be"),
        (lambda: BucketBias(0), "BucketBias: num_heads must be"),
        (lambda: BucketBias(2, num_buckets=6), "num_buckets must be a multiple of 4, got 6"),
        (lambda: BucketBias(2, num_buckets=7, two_sided=False), "num_buckets must be a multiple of 2, got 7"),
        (lambda: BucketBias(2, 32, 8), "max_distance must be above 8, where the shared buckets begin, got 8"),
        (lambda: alibi_slopes(0), "alibi_slopes: num_heads must be"),
        (lambda: RelativeBias2d(0, (2, 2)), "RelativeBias2d: num_heads must be"),
        (lambda: RelativeBias2d(2, 4), r"RelativeBias2d: grid must be a pair \(height, width\), got int 4"),
        (lambda: RelativeBias2d(2, (4, 0)), "RelativeBias2d: grid must be a whole number of at least 1, got int 0"),
        (lambda: RelativeBias2d(2, (2, 3))(7, 7), "must be the grid's 6 tokens, got 7 and 7"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: relative_distance(3, 5, device="nope"),
            "relative_distance: device must be a device of this machine, got str 'nope'",
        ),
        (lambda: t5_buckets(None), "t5_buckets: distance must be a tensor of whole numbers, got NoneType None"),
        (
            lambda: t5_buckets(torch.ones(3)),
            "t5_buckets: distance must be a tensor of whole numbers, got shape (3,), float32",
        ),
        (
            lambda: t5_buckets(torch.ones(3).bool()),
            "t5_buckets: distance must be a tensor of whole numbers, got shape (3,), bool",
        ),
        (
            lambda: RelativeBias2d(3, (2, 3), -1),
            "RelativeBias2d: num_prefix must be a whole number of at least 0, got int -1",
        ),
        (
            lambda: RelativeBias2d(3, (2, 3), None),
            "RelativeBias2d: num_prefix must be a whole number of at least 0, got NoneType None",
        ),
        (lambda: RelativeBias2d(3, "23"), "RelativeBias2d: grid must be a pair (height, width), got str '23'"),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
