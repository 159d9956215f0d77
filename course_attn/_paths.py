"""Which way to compute: the only module that asks what the machine or the library can do.

Readable code calls these functions and does not know which way was taken; tests hold every way to one meaning.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def sdpa(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, *, is_causal: bool, scale: float | None, dropout: float
) -> Tensor:
    """``F.scaled_dot_product_attention`` for any batch shape, with the package's meaning of causal and of dead rows.

    Args:
        query: ``(..., N, d)``; key ``(..., M, d)``; value ``(..., M, d_v)``; mask boolean to ``(..., N, M)``.
        key: See query.
        value: See query.
        mask: See query.
        is_causal: The last query stands at the last key.
        scale: Factor for the dot products, or None for one over the root of ``d``.
        dropout: Probability of dropping a weight.

    Returns:
        Output ``(..., N, d_v)``.
    """
    num_queries, num_keys = query.shape[-2], key.shape[-2]
    batch = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
    if is_causal and (mask is not None or num_queries != num_keys):
        # torch aligns the first query with the first key, and joins causal with a mask on some routes only.
        lower = torch.ones(num_queries, num_keys, dtype=torch.bool, device=query.device).tril(num_keys - num_queries)
        mask, is_causal = (lower if mask is None else mask & lower), False
    dead = None if mask is None else ~mask.any(-1, keepdim=True)  # (..., N, 1)
    four = [_to_four_dims(x, batch) for x in (query, key, value)]
    if mask is not None:
        mask = _mask_to_four_dims(mask, batch)
    output = F.scaled_dot_product_attention(
        *four, attn_mask=mask, is_causal=is_causal, scale=scale, dropout_p=dropout
    )  # (B, h, N, d_v)
    output = output.reshape(*batch, num_queries, value.shape[-1])
    # The CPU kernels give dead rows 0 in value and gradient (tested); no promise is made for other devices.
    return output if dead is None or query.device.type == "cpu" else output.masked_fill(dead, 0.0)


def _to_four_dims(x: Tensor, batch: torch.Size) -> Tensor:
    """Shape ``(B, h, N, d)``: the fused kernels take no other rank."""
    x = x.expand(*batch, *x.shape[-2:])
    if len(batch) == 2:
        return x
    return x.reshape(math.prod(batch), 1, *x.shape[-2:]) if len(batch) != 1 else x[:, None]


def _mask_to_four_dims(mask: Tensor, batch: torch.Size) -> Tensor:
    """Shape that broadcasts to ``(B, h, N, M)`` without copying where the batch allows it."""
    mask = mask.reshape((1,) * (len(batch) + 2 - mask.dim()) + mask.shape)
    if len(batch) == 2:
        return mask
    if len(batch) == 1:
        return mask[:, None]
    if all(size == 1 for size in mask.shape[:-2]):
        return mask.reshape(1, 1, *mask.shape[-2:])
    return mask.expand(*batch, *mask.shape[-2:]).reshape(math.prod(batch), 1, *mask.shape[-2:])
