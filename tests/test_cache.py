"""The key-value cache."""

import re

import pytest
import torch
from specification import B, d, h, normal
from torch.testing import assert_close

from course_attn.cache import KeyValueCache

LENGTH = 7


def filled(*lengths):
    cache = KeyValueCache(B, LENGTH, h, d, dtype=torch.float64)
    key, value = normal(B, h, LENGTH, d, seed=1), normal(B, h, LENGTH, d, seed=2)
    start = 0
    for length in lengths:
        cache.append(key[:, :, start : start + length], value[:, :, start : start + length])
        start += length
    return cache, key[:, :, :start], value[:, :, :start]


@pytest.mark.parametrize("lengths", [(1,), (2, 1, 3), (LENGTH,)])
def test_holds_what_was_appended_in_order(lengths):
    cache, key, value = filled(*lengths)
    assert cache.length == sum(lengths)
    assert_close(cache.view(), (key, value))


def test_append_returns_views_without_gradient():
    cache, _, _ = filled(2)
    key = normal(B, h, 1, d).requires_grad_()
    keys, values = cache.append(key, key)
    assert not keys.requires_grad
    assert keys.shape == values.shape == (B, h, 3, d)
    assert keys.untyped_storage().data_ptr() == cache.view()[0].untyped_storage().data_ptr()
    assert_close(keys[:, :, 2:], key.detach())


def test_bytes_by_hand():
    assert KeyValueCache(2, 7, 3, 11).bytes == 2 * (2 * 7 * 3 * 11) * 4
    assert KeyValueCache(2, 7, 3, 11, dtype=torch.bfloat16).bytes == 2 * (2 * 7 * 3 * 11) * 2


@pytest.mark.parametrize("rows", [[1, 0], [1, 1], [0, 0, 0, 1, 1], [1]])
def test_reorder_moves_whole_rows(rows):
    """Also to more and to fewer rows; and what is appended afterwards stands behind."""
    cache, key, value = filled(2, 1)
    rows = torch.tensor(rows)
    cache.reorder(rows)
    assert_close(cache.view(), (key[rows], value[rows]))
    more = normal(len(rows), h, 1, d, seed=3)
    keys, _ = cache.append(more, more)
    assert_close(keys, torch.cat([key[rows], more], dim=2))


def test_reset_forgets_and_keeps_the_room():
    cache, key, value = filled(LENGTH)
    cache.reset()
    assert cache.length == 0
    assert cache.max_length == LENGTH
    keys, values = cache.append(value, key)
    assert_close((keys, values), (value, key))


def append(key_shape, value_shape=None):
    cache, _, _ = filled(5)
    cache.append(torch.zeros(key_shape).double(), torch.zeros(value_shape or key_shape).double())


def test_another_dtype_or_device_is_refused_and_nothing_is_written():
    """Copied over in silence, it would come out as an error of torch's, or as coarser numbers, one layer later."""
    cache, key, value = filled(2)
    good = normal(B, h, 1, d)
    coarse, elsewhere = good.float(), good.to("meta")
    for name, pair in (("key", (coarse, good)), ("value", (good, coarse))):
        message = (
            f"KeyValueCache.append: {name} must be of the cache's dtype, float64, got shape (2, 3, 1, 11), float32"
        )
        with pytest.raises(ValueError, match=re.escape(message)):
            cache.append(*pair)
    for name, pair in (("key", (elsewhere, good)), ("value", (good, elsewhere))):
        message = f"KeyValueCache.append: {name} must be on the cache's device, cpu, got device meta"
        with pytest.raises(ValueError, match=re.escape(message)):
            cache.append(*pair)
    assert cache.length == 2
    assert_close(cache.view(), (key, value))


def test_under_autocast_the_cache_keeps_its_own_dtype():
    cache = KeyValueCache(B, LENGTH, h, d)
    half = normal(B, h, 1, d).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        keys, _ = cache.append(half, half)
    assert_close(keys, half.float())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: KeyValueCache(0, 1, 1, 1), "KeyValueCache: batch must be a whole number of at least 1, got int 0"),
        (lambda: KeyValueCache(1, 1, 1, 2.5), "KeyValueCache: d_head must be a whole number of at least 1"),
        (
            lambda: append((B, h, 3, d)),
            "KeyValueCache.append: length must be at most 7 places, got 8 (reserve more: max_length)",
        ),
        (lambda: append((B, h, d)), f"append: key must be of shape ({B}, {h}, N, {d}), got shape ({B}, {h}, {d})"),
        (lambda: append((B, h + 1, 1, d)), f"append: key must be of shape ({B}, {h}, N, {d})"),
        (lambda: append((B, h, 1, d), (B, h, 1, d + 1)), f"append: value must be of shape ({B}, {h}, N, {d})"),
        (lambda: append((B, h, 1, d), (B, h, 2, d)), "append: value must be of the key's shape (2, 3, 1, 11)"),
        (
            lambda: filled(1)[0].reorder(torch.tensor([2])),
            "reorder: rows must be from 0 to 1, got 2 to 2",
        ),
        (lambda: filled(1)[0].reorder(torch.tensor([0.0])), "rows must be int64 numbers of shape (B,), got shape (1,)"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: KeyValueCache(2, 7, 3, 4, dtype="float32"),
            "KeyValueCache: dtype must be a floating-point dtype, as torch.float32 is, got str 'float32'",
        ),
        (
            lambda: KeyValueCache(2, 7, 3, 4, dtype=torch.int64),
            "KeyValueCache: dtype must be a floating-point dtype, as torch.float32 is, got dtype torch.int64",
        ),
        (
            lambda: KeyValueCache(2, 7, 3, 4, device="nope"),
            "KeyValueCache: device must be a device of this machine, got str 'nope'",
        ),
        (
            lambda: KeyValueCache(2, 7, 3, 4).append(None, torch.zeros(2, 3, 1, 4)),
            "KeyValueCache.append: key must be a torch.Tensor, got NoneType None",
        ),
        (
            lambda: KeyValueCache(2, 7, 3, 4).append(torch.zeros(2, 3, 1, 4), [1]),
            "KeyValueCache.append: value must be a torch.Tensor, got list [1]",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)


def test_queries_on_another_device_than_a_filled_cache_are_named():
    cache, key, value = filled(2)
    assert_close(cache.view(key), (key, value))
    with pytest.raises(
        ValueError, match=r"KeyValueCache\.view: the cache must be on the query's device, meta, got device cpu"
    ):
        cache.view(key.to("meta"))
