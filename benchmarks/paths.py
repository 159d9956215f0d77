"""The measurements behind the thresholds of ``course_attn/_paths.py``: ``python -m benchmarks.paths``.

Each line is the time of the special way over that of torch's default, forward and backward, one thread, in turns.
A threshold belongs where the ratio passes 1.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.harness import Call, interleave
from course_attn import _paths, _unequal, _ways
from course_attn.attention import fused_attention
from course_attn.efficient import mixtures


def ratio(special: Call, default: Call, rounds: int = 7) -> float:
    """Median over the rounds."""
    times = interleave({"special": special, "default": default}, rounds, time.process_time)
    return statistics.median(a / b for a, b in zip(times["special"], times["default"], strict=True))


def both(function: Callable[..., Tensor], tensors: list[Tensor]) -> Call:
    """Forward and backward."""

    def call() -> None:
        leaves = [x.detach().requires_grad_() for x in tensors]
        output = function(*leaves)
        output.backward(torch.ones_like(output))

    return call


def linears() -> None:
    """oneDNN's linear over torch's default one."""
    for rows, width in ((32, 64), (32, 256), (64, 256), (128, 256), (512, 128), (512, 256), (1600, 64), (4096, 512)):
        tensors = [torch.randn(rows, width), torch.randn(width, width), torch.randn(width)]
        found = ratio(both(_paths.OneDNNLinear.apply, tensors), both(F.linear, tensors))
        print(f"oneDNN linear, {2 * rows * width * width / 1e6:.1f} MFLOP: {found:.2f}", flush=True)


def bfloat16() -> None:
    """Two products and a softmax over the fused kernel, without AMX."""
    for length, width in ((16, 32), (64, 32), (256, 64), (512, 64), (1024, 64)):
        tensors = [torch.randn(8, 4, length, width).bfloat16() for _ in range(3)]
        scale = 1 / math.sqrt(width)

        def explicit(q: Tensor, k: Tensor, v: Tensor, scale: float = scale) -> Tensor:
            return _paths.explicit(q, k, v, None, scale=scale)[0]

        found = ratio(both(explicit, tensors), both(F.scaled_dot_product_attention, tensors), 5)
        print(f"explicit bfloat16, N = {length}, d = {width}: {found:.2f}", flush=True)


def widths() -> None:
    """Zero-padding to one width over torch's way for unequal widths."""

    def padded(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return _unequal.padded(q, k, v, scale=1.0)

    def plain(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, scale=1.0)

    for queries, keys in ((256, 256), (1024, 256), (1024, 1024), (4096, 1024), (4096, 4096)):
        tensors = [torch.randn(2, 1, queries, 16), torch.randn(2, 1, keys, 16), torch.randn(2, 1, keys, 64)]
        print(
            f"padded widths, {queries} x {keys} scores: {ratio(both(padded, tensors), both(plain, tensors)):.2f}",
            flush=True,
        )


def unequal_by_hand() -> None:
    """The derivative by hand for unequal widths over the padded kernel's own."""
    for queries, keys, d, d_v in (
        (1024, 256, 16, 64), (1024, 1024, 16, 64), (4096, 1024, 16, 64), (1024, 1024, 32, 128), (1024, 1024, 64, 16),
    ):  # fmt: skip
        tensors = [torch.randn(4, 1, queries, d), torch.randn(4, 1, keys, d), torch.randn(4, 1, keys, d_v)]
        hand = both(lambda q, k, v: _unequal.UnequalWidths.apply(q, k, v, 0.2), tensors)
        filled = both(lambda q, k, v: _unequal.padded(q, k, v, scale=0.2), tensors)
        print(f"unequal widths by hand, {queries} x {keys}, {d} and {d_v}: {ratio(hand, filled):.2f}", flush=True)


def by_hand() -> None:
    """Linear attention's sums with their derivative by hand over the formula left to autograd."""
    for length in (1024, 16384):
        for size in (None, 64):
            tensors = [torch.rand(1, 4, length, 64) for _ in range(3)]

            def hand(q: Tensor, k: Tensor, v: Tensor, size: int | None = size) -> Tensor:
                return mixtures.mix_features(q, k, v, size)

            def plain(q: Tensor, k: Tensor, v: Tensor, size: int | None = size) -> Tensor:
                return mixtures.mix_plainly(q, k, v, size)

            kind = "all keys" if size is None else "causal"
            found = ratio(both(hand, tensors), both(plain, tensors))
            print(f"sums by hand, {kind}, N = {length}: {found:.2f}", flush=True)


def shared_heads() -> None:
    """Eight heads of queries, two of keys: read where they are over copied."""
    for length in (64, 512):
        tensors = [torch.randn(2, heads, length, 64) for heads in (8, 2, 2)]

        def copied(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return F.scaled_dot_product_attention(q, _ways.share_heads(k, 8), _ways.share_heads(v, 8))

        def read(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return F.scaled_dot_product_attention(q, k, v, enable_gqa=True)

        print(f"shared heads, N = {length}: {ratio(both(read, tensors), both(copied, tensors)):.2f}", flush=True)


def rows_apart() -> None:
    """Queries, keys and values that are transposed views over ones in one piece: the package's way, then torch's."""

    def torchs(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None])[:, 0]

    for length, d, d_v in ((256, 32, 32), (1024, 32, 32), (2048, 64, 64), (4096, 8, 32)):
        whole = [torch.randn(1, length, width) for width in (d, d, d_v)]
        apart = [x.mT.contiguous().mT for x in whole]
        for name, way in (("ours", fused_attention), ("torch's", torchs)):
            found = ratio(both(way, apart), both(way, whole)), ratio(lambda: way(*apart), lambda: way(*whole))  # noqa: B023
            print(
                f"rows apart, N = {length}, widths {d} and {d_v}, {name}: {found[0]:.2f}, forward {found[1]:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(0)
    linears()
    widths()
    unequal_by_hand()
    bfloat16()
    by_hand()
    shared_heads()
    rows_apart()
