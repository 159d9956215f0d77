"""Checks of `multi_head_output`."""

from __future__ import annotations

import torch
from torch import Tensor

from course_attn.attention import attention
from course_attn.grading.diagnosis import compare, parts, tensor
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.head_axis import merge_heads, split_heads
from course_attn.masks import causal_mask
from course_attn.scores import dot_scores, scaled_dot_scores

Given = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, int, "Tensor | None"]


def heads(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, h: int, cut=split_heads) -> list[Tensor]:  # type: ignore[no-untyped-def]
    """Queries, keys and values, split."""
    return [cut(x @ weight, h) for weight in (w_q, w_k, w_v)]


def at_once(x: Tensor, h: int) -> Tensor:
    """The wrong split: one reshape."""
    return x.reshape(x.shape[0], h, x.shape[1], -1)


def every_other(x: Tensor, h: int) -> Tensor:
    """The other wrong split: head i gets the columns i, i + h, i + 2 h, ..."""
    return x.unflatten(-1, (-1, h)).permute(0, 3, 1, 2)


def right(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, w_o: Tensor, h: int, mask: Tensor | None):  # type: ignore[no-untyped-def]
    """What is asked for."""
    mixed, weights = attention(*heads(x, w_q, w_k, w_v, h), mask)
    return merge_heads(mixed) @ w_o, weights


def rescaled(factor):  # type: ignore[no-untyped-def]
    """The weights when the dot products are multiplied by ``factor(D, h)``."""

    def weights(x, w_q, w_k, w_v, w_o, h, mask):  # type: ignore[no-untyped-def]
        query, key, _ = heads(x, w_q, w_k, w_v, h)
        return torch.softmax(dot_scores(query, key) * factor(x.shape[-1], h), dim=-1)

    return weights


def single(x, w_q, w_k, w_v, w_o, h, mask):  # type: ignore[no-untyped-def]
    """The weights of one head over the whole width."""
    return attention((x @ w_q)[:, None], (x @ w_k)[:, None], (x @ w_v)[:, None])[1]


def columnwise(x, w_q, w_k, w_v, w_o, h, mask):  # type: ignore[no-untyped-def]
    """Softmax over the queries."""
    query, key, _ = heads(x, w_q, w_k, w_v, h)
    return torch.softmax(scaled_dot_scores(query, key), dim=-2)


def split_input(x, w_q, w_k, w_v, w_o, h, mask):  # type: ignore[no-untyped-def]
    """The input is cut, and every head uses the first block of each matrix."""
    d, cut = x.shape[-1] // h, split_heads(x, h)
    return attention(cut @ w_q[:d, :d], cut @ w_k[:d, :d], cut @ w_v[:d, :d])[1]


WEIGHTS = {
    "the scores are not divided by √d": rescaled(lambda width, h: 1.0),
    "the scores are divided by √D, the width of the model, instead of √d, the width of a head": rescaled(
        lambda width, h: width**-0.5
    ),
    "the softmax runs over the queries (dim=-2) instead of the keys (dim=-1)": columnwise,
    "one reshape to (B, h, N, d) cuts the sequence instead of the width: split the width first, then transpose": (
        lambda x, w_q, w_k, w_v, w_o, h, mask: attention(*heads(x, w_q, w_k, w_v, h, at_once))[1]
    ),
    "head i gets every h-th column, i, i + h, ...: it owns d columns side by side; unflatten to (h, d), not (d, h)": (
        lambda x, w_q, w_k, w_v, w_o, h, mask: attention(*heads(x, w_q, w_k, w_v, h, every_other))[1]
    ),
    "there is one head over the whole width, not h": single,
    "the input is cut into heads instead of the projections, and all heads share one small matrix": split_input,
    "the weights of the heads are averaged: each head keeps its own": lambda *given: right(*given)[1].mean(1),
}
OUTPUT = {
    "w_output is missing: nothing mixes the heads": lambda x, w_q, w_k, w_v, w_o, h, mask: merge_heads(
        attention(*heads(x, w_q, w_k, w_v, h))[0]
    ),
    "w_output is transposed": lambda x, w_q, w_k, w_v, w_o, h, mask: right(x, w_q, w_k, w_v, w_o.T, h, mask)[0],
    "the keys are mixed instead of the values": lambda x, w_q, w_k, w_v, w_o, h, mask: (
        merge_heads(right(x, w_q, w_k, w_v, w_o, h, mask)[1] @ split_heads(x @ w_k, h)) @ w_o
    ),
    "the heads are merged by a reshape alone: transpose heads and places first": (
        lambda x, w_q, w_k, w_v, w_o, h, mask: attention(*heads(x, w_q, w_k, w_v, h))[0].reshape(x.shape) @ w_o
    ),
    "the heads are laid into each other, number by number: each keeps its d columns side by side": (
        lambda x, w_q, w_k, w_v, w_o, h, mask: (
            attention(*heads(x, w_q, w_k, w_v, h))[0].permute(0, 2, 3, 1).flatten(2) @ w_o
        )
    ),
    "w_value is not used: the rows themselves are mixed": lambda x, w_q, w_k, w_v, w_o, h, mask: (
        merge_heads(attention(*heads(x, w_q, w_k, torch.eye(x.shape[-1]), h))[0]) @ w_o
    ),
}
MASKED = {
    "the mask is ignored": lambda x, w_q, w_k, w_v, w_o, h, mask: right(x, w_q, w_k, w_v, w_o, h, None)[1],
    "the mask is read the other way round: True means the key may be seen": (
        lambda x, w_q, w_k, w_v, w_o, h, mask: torch.softmax(
            scaled_dot_scores(*heads(x, w_q, w_k, w_v, h)[:2]).masked_fill(mask, float("-inf")), dim=-1
        )
    ),
    "the weights are masked after the softmax: the rest of the row no longer sums to 1": (
        lambda x, w_q, w_k, w_v, w_o, h, mask: right(x, w_q, w_k, w_v, w_o, h, None)[1] * mask
    ),
    "masked scores are set to 0, which is still a share: −inf gives none": (
        lambda x, w_q, w_k, w_v, w_o, h, mask: torch.softmax(
            scaled_dot_scores(*heads(x, w_q, w_k, w_v, h)[:2]).masked_fill(~mask, 0.0), dim=-1
        )
    ),
}


def draw(batch: int, places: int, width: int, num_heads: int, mask: Tensor | None, seed: int) -> Given:
    """Rows and four matrices."""
    generator = seeded(seed)
    x = torch.randn(batch, places, width, generator=generator)
    matrices = [torch.randn(width, width, generator=generator) / width**0.5 * 1.5 for _ in range(4)]
    return (x, matrices[0], matrices[1], matrices[2], matrices[3], num_heads, mask)


def judge(student: Student, given: Given) -> None:
    """Weights first, since a wrong weight spoils the output too."""
    output, weights = parts("the pair (output, weights)", student(*given), 2)
    tensor("output", output)
    tensor("weights", weights)
    right_output, right_weights = right(*given)
    swapped = output.shape == right_weights.shape and weights.shape == right_output.shape
    assert not swapped, "The two parts come in the wrong order: return (output, weights), not (weights, output)."
    compare("weights", weights, right_weights, WEIGHTS if given[-1] is None else MASKED, given)
    compare("output", output, right_output, OUTPUT if given[-1] is None else None, given)


def test_one_head(student: Student) -> None:
    """One head: attention as in chapter 2, then w_output."""
    judge(student, draw(1, 3, 5, 1, None, seed=1))


def test_three_heads(student: Student) -> None:
    """A batch of two, five places, three heads of width 7."""
    judge(student, draw(2, 5, 21, 3, None, seed=2))


def test_causal(student: Student) -> None:
    """With a causal mask for all heads."""
    judge(student, draw(2, 5, 6, 3, causal_mask(5), seed=3))


def test_gradient(student: Student) -> None:
    """The gradient reaches the input and all four matrices."""
    given, cotangent = draw(2, 5, 6, 3, None, seed=4), torch.randn(2, 5, 6, generator=seeded(5))
    leaves = [value.clone().requires_grad_() for value in given[:5]]
    expected = torch.autograd.grad((right(*leaves, 3, None)[0] * cotangent).sum(), leaves)
    found = student.vjp(list(given), cotangent, part=0)
    names = ("x", "w_query", "w_key", "w_value", "w_output")
    for name, got, wanted in zip(names, found, expected, strict=True):
        compare(f"gradient of {name}", got, wanted)
