"""The notation page: what a letter means, where one serves twice, and each claim about masks tried on torch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_attn import attention, causal_mask, fused_attention, softmax_weights

BOOK = Path(__file__).resolve().parents[2] / "book"
PAGE = (BOOK / "notation.md").read_text(encoding="utf-8")
B, H, N, M, WIDTH = 2, 3, 5, 7, 11

CHAPTERS = {
    1: "attention",
    2: "self_attention",
    3: "multi_head_attention",
    4: "positional_encoding",
    6: "convolution",
    7: "vision_transformer",
}
# Each row of the table of letters that serve twice: the letter, the chapter, and the formula that uses it so.
SECOND_MEANINGS = [
    ("$h$", 2, "h_t = "),
    ("$h$", 4, "m_h"),
    ("$h$", 6, r"\Delta_h"),
    ("$H$", 4, "2^{-8h/H}"),
    ("$A$", 2, "A h_{t-1}"),
    ("$A$", 4, "A(X)"),
    ("$M$", 2, r"N \to M"),
    ("$M$", 4, r"M = W_Q W_K^\top"),
    ("$P$", 4, r"P A P^\top"),
    ("$W$", 1, r"q^\top W k"),
    ("$v$", 1, r"v \cdot \tanh"),
    ("$v$", 6, "_{v}"),
    ("$k$", 2, "h_{t-k}"),
    ("$k$", 4, r"\omega k"),
    ("$k$", 6, r"k \times k"),
    ("$q$, $k$", 6, r"\lVert (k - q)"),
    ("$s$", 2, r"\sum_{s \le t}"),
    ("$s$", 6, r"\prod_{m<l} s_m"),
]


def rows(heading: str) -> list[list[str]]:
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def tensors() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return torch.randn(B, H, N, WIDTH), torch.randn(B, H, M, WIDTH), torch.randn(B, H, M, WIDTH)


def layer() -> nn.MultiheadAttention:
    return nn.MultiheadAttention(2 * H, H, batch_first=True).eval()


def without_key(which: int) -> torch.Tensor:
    """True everywhere but in one column."""
    mask = torch.ones(N, M, dtype=torch.bool)
    mask[:, which] = False
    return mask


def test_each_symbol_has_one_meaning():
    cells = [row[0] for row in rows("Sizes") + rows("Tensors")]
    formulas = [formula for cell in cells for formula in re.findall(r"\$([^$]+)\$", cell)]
    symbols = [symbol.strip() for formula in formulas for symbol in formula.split(",")]
    assert len(symbols) >= 20
    assert len(symbols) == len(set(symbols))


def test_letters_that_serve_twice_do_so_where_the_page_says():
    table, letter = [], ""
    for first, _, where in rows("Letters that serve twice"):
        letter = first or letter
        chapters = [int(number) for number in re.findall(r"\d", where)] or [1]  # "all chapters": one will do
        table += [(letter, chapter) for chapter in chapters]
    assert table == [(letter, chapter) for letter, chapter, _ in SECOND_MEANINGS]
    for letter, chapter, formula in SECOND_MEANINGS:
        text = (BOOK / f"{CHAPTERS[chapter]}.md").read_text(encoding="utf-8")
        assert formula in text, f"chapter {chapter} no longer uses {letter} in {formula}"


def test_vectors_are_columns_where_the_page_says():
    text = "".join((BOOK / f"{name}.md").read_text(encoding="utf-8") for name in CHAPTERS.values())
    section = PAGE.split("that vector is a column.")[1].split("\n\n")[0]
    formulas = re.findall(r"\$([^$]+)\$", section)
    assert len(formulas) == 5
    for formula in formulas:
        assert formula in text, formula


def test_the_shapes_of_the_page_are_those_of_the_package():
    shapes = {row[0]: row[1] for row in rows("Tensors")}
    sizes = {"N": N, "M": M, "d": WIDTH, "d_v": 13}

    def shape(symbol: str) -> tuple[int, ...]:
        return tuple(sizes[name] for name in shapes[symbol].strip("`()").split(", ") if name != "...")

    output, weights = attention(*(torch.randn(shape(symbol)) for symbol in ("$Q$", "$K$", "$V$")))
    assert tuple(output.shape) == shape("$Y$")
    assert tuple(weights.shape) == shape("$A$") == shape("$S$")


def test_rows_and_columns_are_transposes():
    x, w_q, w_k, w_v = torch.randn(N, WIDTH), *torch.randn(3, WIDTH, WIDTH)
    q, k, v = x @ w_q, x @ w_k, x @ w_v
    output = softmax_weights(q @ k.T) @ v
    columns, q_c, k_c, v_c = x.T, w_q.T @ x.T, w_k.T @ x.T, w_v.T @ x.T
    torch.testing.assert_close(v_c @ torch.softmax(k_c.T @ q_c, dim=0), output.T)
    linear = nn.Linear(WIDTH, 3, bias=False)
    torch.testing.assert_close(linear(x), x @ linear.weight.T)
    torch.testing.assert_close(linear(x), (linear.weight @ columns).T)


def test_true_may_attend_here_and_in_sdpa():
    q, k, v = tensors()
    changed = v.clone()
    changed[..., 3, :] += 1.0
    for attend in (fused_attention, F.scaled_dot_product_attention):
        assert torch.equal(attend(q, k, v, without_key(3)), attend(q, k, changed, without_key(3)))
        only = ~without_key(3)
        assert not torch.allclose(attend(q, k, v, only), attend(q, k, changed, only))


def test_true_may_not_attend_in_multihead_attention():
    x = torch.randn(B, M, 2 * H)
    _, weights = layer()(x[:, :N], x, x, attn_mask=~without_key(3))
    assert (weights[..., 3] == 0).all()
    assert (weights[..., :3] > 0).all()
    padding = torch.zeros(B, M, dtype=torch.bool)
    padding[:, 3] = True
    _, weights = layer()(x[:, :N], x, x, key_padding_mask=padding)
    assert (weights[..., 3] == 0).all()
    assert (weights[..., :3] > 0).all()


def test_a_float_mask_is_added_in_torch_and_an_error_here():
    q, k, v = tensors()
    added = torch.randn(N, M)
    expected = torch.softmax(q @ k.mT / WIDTH**0.5 + added, dim=-1) @ v
    torch.testing.assert_close(F.scaled_dot_product_attention(q, k, v, attn_mask=added), expected)
    with pytest.raises(ValueError, match="mask must be of dtype bool"):
        attention(q, k, v, added)
    x = torch.randn(B, N, 2 * H)
    low = torch.zeros(N, N)
    low[:, 3] = float("-inf")
    _, weights = layer()(x, x, x, attn_mask=low)
    assert (weights[..., 3] == 0).all()


def test_shapes_that_multihead_attention_takes():
    x = torch.randn(B, N, 2 * H)
    for shape in ((N, N), (B * H, N, N)):
        layer()(x, x, x, attn_mask=torch.zeros(shape, dtype=torch.bool))
    with pytest.raises(RuntimeError, match="3D attn_mask"):
        layer()(x, x, x, attn_mask=torch.zeros(B, N, N, dtype=torch.bool))


def test_where_the_causal_diagonal_starts():
    q, k, v = tensors()
    here = attention(q, k, v, causal_mask(N, M))[0]
    torch.testing.assert_close(here[..., -1, :], attention(q[..., -1:, :], k, v)[0][..., 0, :])
    torch_first = F.scaled_dot_product_attention(q, k, v, is_causal=True)[..., 0, :]
    torch.testing.assert_close(torch_first, v[..., 0, :])


def test_a_query_with_no_key_allowed():
    q, k, v = tensors()
    mask = torch.ones(N, M, dtype=torch.bool)
    mask[1] = False
    output, weights = attention(q, k, v, mask)
    assert (output[..., 1, :] == 0).all()
    assert (weights[..., 1, :] == 0).all()
    assert (fused_attention(q, k, v, mask)[..., 1, :] == 0).all()
    assert (F.scaled_dot_product_attention(q, k, v, mask)[..., 1, :] == 0).all()
    x = torch.randn(B, M, 2 * H)
    assert layer()(x[:, :N], x, x, attn_mask=~mask)[0][:, 1].isnan().all()
    assert layer()(x[:, :N], x, x, attn_mask=~mask, need_weights=False)[0].isfinite().all()
