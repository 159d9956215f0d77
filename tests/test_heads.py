"""Answers for each place and for the whole, and the window baseline."""

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import B, N, d, normal
from torch.testing import assert_close

from course_attn.heads import PoolingHead, TaggingHead, WindowBaseline, windows
from course_attn.masks import padding_mask
from course_attn.self_attention import SelfAttention

TAGS = 3


def identity(head):
    head.scores.weight.data = torch.eye(2)
    head.scores.bias.data.zero_()
    return head


def test_pooling_by_hand():
    x = torch.tensor([[[1.0, 2.0], [3.0, 8.0], [5.0, 5.0]]])
    assert_close(identity(PoolingHead(2, 2))(x), torch.tensor([[3.0, 5.0]]))
    assert_close(identity(PoolingHead(2, 2))(x, padding_mask([2], 3)), torch.tensor([[2.0, 5.0]]))
    assert_close(identity(PoolingHead(2, 2, "first"))(x), torch.tensor([[1.0, 2.0]]))


def test_tagging_treats_every_place_alike():
    head, x = TaggingHead(d, TAGS).double(), normal(B, N, d)
    assert head(x).shape == (B, N, TAGS)
    assert_close(head(x), x @ head.scores.weight.T + head.scores.bias)


@given(st.integers(1, N - 1))
def test_padding_cannot_matter(length):
    head, x = PoolingHead(d, TAGS).double(), normal(B, N, d)
    other = x.clone()
    other[:, length:] = torch.inf  # not even that
    assert_close(head(other, padding_mask([length] * B, N)), head(x[:, :length]))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_an_empty_sequence_has_mean_zero(dtype):
    head, x = PoolingHead(d, TAGS).to(dtype), normal(B, N, d, dtype=dtype).requires_grad_()
    scores = head(x, padding_mask([N, 0], N))
    assert_close(scores[1], head.scores.bias)
    (gradient,) = torch.autograd.grad(scores[1].sum(), x)
    assert (gradient == 0).all()


def test_the_mean_of_many_places_does_not_overflow():
    head, x = PoolingHead(d, TAGS).half(), torch.full((1, 3000, d), 100.0, dtype=torch.float16)
    assert_close(head(x, padding_mask([2999], 3000)), head(x[:, :1]))


@given(st.permutations(range(N)))
def test_the_mean_does_not_know_the_order(order):
    head, x = PoolingHead(d, TAGS).double(), normal(B, N, d)
    assert_close(head(x[:, order]), head(x))


# ---------------------------------------------------------------- window


def test_windows_by_hand():
    x = torch.tensor([[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]])
    wanted = [[0, 0, 1, 10, 2, 20], [1, 10, 2, 20, 3, 30], [2, 20, 3, 30, 0, 0]]
    assert windows(x, 3)[0].tolist() == wanted
    assert_close(windows(x, 1), x)
    assert windows(x, 5).shape == (1, 3, 10)


def test_baseline_is_a_network_on_windows():
    baseline, x = WindowBaseline(d, 3, 7, TAGS).double(), normal(B, N, d)
    for i in range(N):
        neighbours = [x[:, j] if 0 <= j < N else torch.zeros(B, d, dtype=x.dtype) for j in (i - 1, i, i + 1)]
        hidden = torch.relu(baseline.hidden(torch.cat(neighbours, dim=-1)))
        assert_close(baseline(x)[:, i], baseline.output(hidden))


def test_i_saw_a_saw():
    """A window of one gives both "saw" one answer; a wider one does not, and neither does its reach end earlier."""
    words = normal(4, d)
    sentence = words[[0, 1, 2, 1]][None]  # I saw a saw
    narrow, wide = WindowBaseline(d, 1, 7, TAGS).double(), WindowBaseline(d, 3, 7, TAGS).double()
    assert_close(narrow(sentence)[0, 1], narrow(sentence)[0, 3])
    assert not torch.allclose(wide(sentence)[0, 1], wide(sentence)[0, 3])
    changed = sentence.clone()
    changed[0, 0] = words[3]  # "You saw a saw": too far for the last word
    assert_close(wide(changed)[0, 3], wide(sentence)[0, 3])
    attention = SelfAttention(d).double()
    assert not torch.allclose(attention(changed)[0, 3], attention(sentence)[0, 3])


def test_the_baseline_grows_with_its_window():
    counts = [sum(p.numel() for p in WindowBaseline(d, w, 7, TAGS).parameters()) for w in (1, 3, 5)]
    assert counts == [w * d * 7 + 7 + 7 * TAGS + TAGS for w in (1, 3, 5)]


def test_gradients():
    x = normal(2, 3, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: windows(x, 3), x)
    assert torch.autograd.gradcheck(PoolingHead(2, 3).double(), (x, padding_mask([3, 2])))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TaggingHead(0, 2), "TaggingHead: d_model must be a whole number of at least 1, got int 0"),
        (lambda: TaggingHead(2, 0), "TaggingHead: num_tags must be a whole number of at least 1, got int 0"),
        (lambda: TaggingHead(2, 2)(torch.zeros(3, 2)), "TaggingHead: x must be of shape (B, N, 2), got shape (3, 2)"),
        (lambda: PoolingHead(0, 2), "PoolingHead: d_model must be a whole number of at least 1, got int 0"),
        (lambda: PoolingHead(2, 0), "PoolingHead: num_classes must be a whole number of at least 1, got int 0"),
        (lambda: PoolingHead(2, 2, "max"), "PoolingHead: pool must be one of 'mean', 'first', got str 'max'"),
        (lambda: PoolingHead(2, 2)(torch.zeros(3, 2)), "PoolingHead: x must be of shape (B, N, 2), got shape (3, 2)"),
        (
            lambda: PoolingHead(2, 2)(torch.zeros(3, 5, 2), torch.ones(3, 5, dtype=torch.bool)),
            "PoolingHead: mask must be broadcastable to the scores, (3, 1, 5), got shape (3, 5), bool",
        ),
        (
            lambda: WindowBaseline(2, 4, 3, 3),
            "WindowBaseline: window must be odd: one place and as many on either side, got 4",
        ),
        (
            lambda: WindowBaseline(2, 3, 0, 3),
            "WindowBaseline: d_hidden must be a whole number of at least 1, got int 0",
        ),
        (lambda: WindowBaseline(2, 3, 3, 3)(torch.zeros(1, 2, 3)), "WindowBaseline: x must be of shape (B, N, 2)"),
        (
            lambda: windows(torch.zeros(1, 2, 3), 2),
            "windows: window must be odd: one place and as many on either side, got 2",
        ),
        (lambda: windows(torch.zeros(1, 2, 3), 0), "windows: window must be a whole number of at least 1, got int 0"),
        (lambda: windows(torch.zeros(2, 3), 1), "windows: x must be of shape (B, N, D), got shape (2, 3)"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: TaggingHead(12, 3)(torch.zeros(2, 5, 12).double()),
            "TaggingHead: x must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: PoolingHead(12, 3)(torch.zeros(2, 5, 12).double()),
            "PoolingHead: x must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: WindowBaseline(12, 3, 4, 5)(torch.zeros(2, 5, 12).double()),
            "WindowBaseline: x must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: TaggingHead(12, 3)(torch.zeros(2, 5, 12).long()),
            "TaggingHead: x must be a floating-point tensor, got shape (2, 5, 12), int64",
        ),
        (lambda: PoolingHead(12, 3, pool=None), "PoolingHead: pool must be one of 'mean', 'first', got NoneType None"),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
