"""The error texts: where, which argument, what was wanted, what came."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_attn import _checks as checks


def text(check, *arguments, **named):
    with pytest.raises(ValueError, match="must be") as problem:
        check("here", *arguments, **named)
    return str(problem.value)


def test_error_is_returned_and_has_one_shape():
    plain = checks.error("here", "mask", "of dtype bool", "float32")
    assert isinstance(plain, ValueError)
    assert str(plain) == "here: mask must be of dtype bool, got float32"
    assert str(checks.error("here", "mask", "of dtype bool", "float32", "convert it")) == f"{plain} (convert it)"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (torch.zeros(2, 3, dtype=torch.bfloat16), "shape (2, 3), bfloat16"),
        (torch.tensor(True), "shape (), bool"),
        (3, "int 3"),
        ("warm", "str 'warm'"),
        (None, "NoneType None"),
        (list(range(40)), "list [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11..."),
        ("x" * 38, "str '" + "x" * 38 + "'"),  # 40 characters are shown whole
    ],
)
def test_describe(value, words):
    assert checks.describe(value) == words
    assert len(checks.describe(value)) <= 60


def test_floating():
    checks.check_floating("here", "x", torch.ones(2))
    checks.check_floating("here", "x", torch.ones(()), min_dims=0)
    assert text(checks.check_floating, "x", [1.0]) == "here: x must be a torch.Tensor, got list [1.0]"
    assert text(checks.check_floating, "x", torch.ones(2).bool()) == (
        "here: x must be a floating-point tensor, got shape (2,), bool (convert it: x.float())"
    )
    assert text(checks.check_floating, "x", torch.ones(2), min_dims=2) == (
        "here: x must be a tensor of at least 2 dimensions, got shape (2,), float32"
    )
    assert (
        text(checks.check_floating, "x", torch.ones(2, 0))
        == "here: x must be a non-empty tensor, got shape (2, 0), float32"
    )
    assert "floating-point" in text(checks.check_floating, "x", torch.ones(2, dtype=torch.complex64))


def test_shape():
    like = torch.ones(1)
    checks.check_shape("here", "w", torch.ones(2, 3), (2, 3), like)
    assert (
        text(checks.check_shape, "w", torch.ones(3, 2), (2, 3), like)
        == "here: w must be of shape (2, 3), got shape (3, 2), float32"
    )
    assert text(checks.check_shape, "w", torch.ones(2, 3).double(), (2, 3), like) == (
        "here: w must be of dtype float32, got shape (2, 3), float64"
    )
    assert text(checks.check_shape, "w", torch.ones(2, 3, device="meta"), (2, 3), like) == (
        "here: w must be on device cpu, got device meta (move it: w.to(...))"
    )
    assert "floating-point" in text(checks.check_shape, "w", torch.ones(2, 3).int(), (2, 3), like)


@pytest.mark.parametrize("good", [1, 0.5, 1e-300, math.inf, torch.tensor(2.0), torch.tensor([0.1, 3.0])])
def test_positive(good):
    checks.check_positive("here", "bandwidth", good)


@pytest.mark.parametrize("bad", [0, -1, 0.0, math.nan, True, "1", None, 1j])
def test_not_positive(bad):
    assert text(checks.check_positive, "bandwidth", bad) == (
        f"here: bandwidth must be a number greater than 0, got {type(bad).__name__} {bad!r}"
    )


@pytest.mark.parametrize(
    "bad", [torch.tensor(0.0), torch.tensor([1.0, -1.0]), torch.tensor([math.nan]), torch.tensor([]), torch.tensor(1)]
)
def test_not_positive_tensors(bad):
    assert text(checks.check_positive, "bandwidth", bad).startswith(
        "here: bandwidth must be greater than 0 in every entry, got shape"
    )


def test_positive_tensors_that_broadcast():
    for fits in ((), (1,), (7,), (5, 1), (3, 1, 1), (2, 3, 5, 7)):
        checks.check_positive("here", "temperature", torch.ones(fits), (2, 3, 5, 7))
    checks.check_positive("here", "temperature", 2, (2, 3, 5, 7))
    for fails in ((3,), (7, 5), (4, 1, 1, 1), (1, 1, 1, 1, 1)):
        assert text(checks.check_positive, "temperature", torch.ones(fails), (2, 3, 5, 7)) == (
            "here: temperature must be a number, or broadcastable to the scores, (2, 3, 5, 7), "
            f"got shape {fails}, float32"
        )


def test_finite():
    for good in (0, -2, 0.5, -1e300):
        checks.check_finite("here", "scale", good)
    for bad in (math.nan, math.inf, -math.inf, True, "1", None, torch.tensor(1.0)):
        assert text(checks.check_finite, "scale", bad) == (
            f"here: scale must be a finite number, got {checks.describe(bad)}"
        )


def test_callable():
    for good in (len, torch.nn.ReLU(), lambda x: x, float):
        checks.check_callable("here", "score", good)
    assert text(checks.check_callable, "score", "dot", "no quotation marks") == (
        "here: score must be a function, got str 'dot' (no quotation marks)"
    )


def test_device():
    for good in (None, "cpu", "meta", torch.device("cpu"), torch.device("cuda")):
        checks.check_device("here", good)
    for bad in ("gpu", "cuda:99", [], 2.5):
        assert text(checks.check_device, bad) == (
            f"here: device must be a device of this machine, got {checks.describe(bad)} "
            "(course_attn.device() picks one)"
        )


def test_whole_numbers():
    for good in ([1, 2], (3,), torch.tensor([1], dtype=torch.uint8), [[1, 2], [3, 4]], 3, []):
        numbers = checks.whole_numbers("here", "lengths", good, "(B,)")
        assert numbers.dtype == torch.long
        assert numbers.tolist() == (list(good) if isinstance(good, tuple) else torch.as_tensor(good).tolist())
    for bad in (None, "abc", [[1], [2, 3]], {}, [1.5], [True], [2j]):
        assert text(checks.whole_numbers, "lengths", bad, "(B,)").startswith(
            "here: lengths must be whole numbers of shape (B,), got "
        )


def test_count_from_nothing():
    checks.check_count("here", "num_prefix", 0, least=0)
    for bad in (-1, 0.0, None, False):
        assert text(checks.check_count, "num_prefix", bad, least=0) == (
            f"here: num_prefix must be a whole number of at least 0, got {checks.describe(bad)}"
        )


def test_dtype():
    for good in (None, torch.float32, torch.bfloat16):
        checks.check_dtype("here", good)
    for bad in (torch.int64, torch.bool, "float32", float):
        assert text(checks.check_dtype, bad).startswith(
            "here: dtype must be a floating-point dtype, as torch.float32 is, got "
        )


def test_count():
    checks.check_count("here", "num_heads", 1)
    for bad in (0, -3, 2.0, True, "2", None, torch.tensor(2)):
        assert text(checks.check_count, "num_heads", bad).startswith(
            "here: num_heads must be a whole number of at least 1, got"
        )


def test_query_and_key_of_different_widths_only_where_allowed():
    query, key = torch.ones(5, 11), torch.ones(7, 13)
    checks.check_query_key("here", query, key, same_width=False)
    assert "as wide as query, (..., M, 11)" in text(checks.check_query_key, query, key)


HERE, ELSEWHERE = torch.ones(1), torch.ones(1, device="meta")  # only their devices are looked at


def test_mask_may_broadcast_but_not_enlarge():
    shape = (2, 3, 5, 7)
    for fits in ((), (7,), (5, 7), (5, 1), (1, 7), (3, 5, 7), (2, 1, 5, 7), (2, 3, 5, 7), (1, 1, 1, 1)):
        checks.check_mask("here", torch.ones(fits).bool(), shape, HERE)
    for fails in ((5,), (7, 5), (2, 5, 7), (1, 2, 3, 5, 7), (2, 3, 5, 2), (4, 1, 5, 7), (5, 0)):
        message = text(checks.check_mask, torch.ones(fails).bool(), shape, HERE)
        assert message.startswith(f"here: mask must be broadcastable to the scores, {shape}, got shape {fails}, bool (")
        assert ("did you forget the heads axis? use mask[:, None]" in message) == (len(fails) == 3)
    for fails in ((4, 7), (2, 1, 7)):
        assert "the last two axes are queries and keys" in text(
            checks.check_mask, torch.ones(fails).bool(), (1, 7), HERE
        )


def test_mask_is_boolean():
    for dtype in (torch.uint8, torch.int64, torch.float16, torch.float32, torch.float64):
        message = text(checks.check_mask, torch.ones(5, 7, dtype=dtype), (5, 7), HERE)
        assert message.startswith("here: mask must be of dtype bool, True = may attend, got shape (5, 7), ")


def test_mask_lies_where_the_scores_lie():
    """The mistake that everyone makes once on a GPU: causal_mask(N) without a device."""
    mask = torch.ones(5, 7, dtype=torch.bool)
    advice = "(move it, mask.to(x.device), or make it there, causal_mask(N, device=x.device))"
    for check, scores in ((checks.check_mask, (5, 7)), (checks.check_head_mask, (2, 3, 5, 7))):
        message = f"here: mask must be on the scores' device, meta, got device cpu {advice}"
        assert text(check, mask, scores, ELSEWHERE) == message
        assert "device, cpu, got device meta" in text(check, mask.to("meta"), scores, HERE)


def test_a_tensor_of_positive_numbers_lies_where_the_scores_lie():
    width = torch.ones(5, 1)
    checks.check_positive("here", "bandwidth", width, (5, 7), HERE)
    checks.check_positive("here", "bandwidth", torch.tensor(2.0), (5, 7), ELSEWHERE)  # a CPU number, read everywhere
    assert text(checks.check_positive, "bandwidth", width, (5, 7), ELSEWHERE) == (
        "here: bandwidth must be on the query's device, meta, got device cpu (move one: bandwidth.to(...))"
    )


def test_same_device():
    checks.check_same_device("here", "tokens", HERE, HERE)
    assert text(checks.check_same_device, "tokens", HERE, ELSEWHERE) == (
        "here: tokens must be on the layer's device, meta, got device cpu (move one: tokens.to(...))"
    )
    assert text(checks.check_same_device, "edges", ELSEWHERE, HERE, "the nodes'", "do this") == (
        "here: edges must be on the nodes' device, cpu, got device meta (do this)"
    )


@given(st.lists(st.lists(st.sampled_from([0, 1, 1, 2, 3]), max_size=4), min_size=1, max_size=3))
def test_common_batch_is_torchs_own_rule(batches):
    try:
        wanted = torch.broadcast_shapes(*batches)
    except RuntimeError:
        wanted = None
    assert checks.common_batch(*map(tuple, batches)) == wanted


def test_broadcast_batch():
    value = torch.ones(3, 1, 5, 7)
    assert checks.broadcast_batch("here", "key", value, torch.Size((2,))) == (3, 2)
    assert text(checks.broadcast_batch, "key", value, torch.Size((2, 2))) == (
        "here: key must be of batch shape broadcastable to (2, 2), got shape (3, 1, 5, 7), float32"
    )


def test_axes():
    image = torch.ones(2, 3, 5, 7)
    checks.check_axes("here", "image", image, "B", 3, "H", "W")
    checks.check_axes("here", "x", image, "...", "N", 7)
    checks.check_axes("here", "x", torch.ones(7), "...", 7)
    assert text(checks.check_axes, "image", image, "B", 1, "H", "W") == (
        "here: image must be of shape (B, 1, H, W), got shape (2, 3, 5, 7), float32"
    )
    assert text(checks.check_axes, "x", torch.ones(5, 7), "B", "N", 7, advice="add a batch axis") == (
        "here: x must be of shape (B, N, 7), got shape (5, 7), float32 (add a batch axis)"
    )
    assert "of shape (..., N, 5)," in text(checks.check_axes, "x", image, "...", "N", 5)
    assert "of shape (..., N, 7)," in text(checks.check_axes, "x", torch.ones(7), "...", "N", 7)
    assert "of shape (3,)," in text(checks.check_axes, "x", torch.ones(5), 3)
    assert "floating-point" in text(checks.check_axes, "x", image.long(), "B", 3, "H", "W")


def test_axes_like_a_weight():
    weight = torch.ones(7, 7)
    checks.check_axes("here", "x", torch.ones(5, 7), "N", 7, like=weight)
    advice = "(convert it, x.to(torch.float32), or the layer)"
    for dtype in (torch.float64, torch.bfloat16):
        assert text(checks.check_axes, "x", torch.ones(5, 7, dtype=dtype), "N", 7, like=weight) == (
            f"here: x must be of the layer's dtype, float32, got shape (5, 7), {str(dtype)[6:]} {advice}"
        )
    assert text(checks.check_axes, "x", torch.ones(5, 7), "N", 7, like=weight.to("meta")) == (
        "here: x must be on the layer's device, meta, got device cpu (move one: x.to(...))"
    )


def test_axes_like_something_else_than_a_weight():
    room = torch.ones(7, 7)
    assert text(checks.check_axes, "key", torch.ones(5, 7).double(), "N", 7, like=room, whose="the cache's") == (
        "here: key must be of the cache's dtype, float32, got shape (5, 7), float64 "
        "(convert it, key.to(torch.float32), or the cache)"
    )


def test_axes_like_a_weight_where_dtypes_may_differ():
    """Autocast converts both, and weights may be stored as whole numbers."""
    half = torch.ones(5, 7, dtype=torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        checks.check_axes("here", "x", half, "N", 7, like=torch.ones(7, 7))
    checks.check_axes("here", "x", half, "N", 7, like=torch.ones(7, 7, dtype=torch.int8))


def test_multiple():
    checks.check_multiple("here", "d_model", 12, 4)
    assert text(checks.check_multiple, "d_model", 10, 4) == "here: d_model must be a multiple of 4, got 10"
    assert "whole number of at least 1" in text(checks.check_multiple, "d_model", 0, 4)


def test_between():
    checks.check_between("here", "dropout", 0, 0, 1)
    checks.check_between("here", "dropout", 0.99, 0, 1)
    for bad in (1, -0.1, True, "0.5", math.nan):
        assert "dropout must be a number from 0 to below 1, got " in text(checks.check_between, "dropout", bad, 0, 1)


def test_choice():
    checks.check_choice("here", "pool", "mean", ("class", "mean"))
    assert text(checks.check_choice, "pool", "max", ("class", "mean")) == (
        "here: pool must be one of 'class', 'mean', got str 'max'"
    )


def test_pair():
    checks.check_pair("here", "grid", (2, 3))
    checks.check_pair("here", "grid", [2, 3])
    assert text(checks.check_pair, "grid", 4) == "here: grid must be a pair (height, width), got int 4"
    assert "a pair (height, width)" in text(checks.check_pair, "grid", (1, 2, 3))
    assert "whole number of at least 1, got int 0" in text(checks.check_pair, "grid", (2, 0))


def test_head_mask():
    scores = (2, 3, 5, 7)
    for shape in ((2, 1, 1, 7), (2, 3, 5, 7), (5, 7), (7,), ()):
        checks.check_head_mask("here", torch.ones(shape, dtype=torch.bool), scores, HERE)
    advice = "did you forget the heads axis? use mask[:, None] for (B, N, M), mask[None] for (h, N, M)"
    for shape in ((2, 5, 7), (3, 5, 7), (1, 5, 7)):  # it could be either, even where only one fits
        assert text(checks.check_head_mask, torch.ones(shape, dtype=torch.bool), scores, HERE) == (
            f"here: mask must be broadcastable to (B, h, N, M) = {scores}, got shape {shape}, bool ({advice})"
        )
    assert "mask must be of dtype bool" in text(checks.check_head_mask, torch.ones(2, 5, 7), scores, HERE)
    assert "mask must be a torch.Tensor" in text(checks.check_head_mask, None, scores, HERE)
    assert "broadcastable to the scores" in text(
        checks.check_head_mask, torch.ones(2, 3, 5, 5, dtype=torch.bool), scores, HERE
    )
