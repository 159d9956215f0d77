"""The key-value cache: while decoding, keys and values of earlier places are computed once and kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from course_attn._checks import check_axes, check_count, check_device, check_dtype, check_same_device, describe, error
from course_attn._numbers import check_kept, check_rows


@contextmanager
def undone_by_errors(*remembering: object) -> Iterator[None]:
    """Within it an error leaves caches, and steps that hold some, as they were: the call can be made again, mended.

    What they remember is a length and tensors: what a tensor holds beyond that length may differ.
    """
    before = [(vars(it), dict(vars(it))) for it in remembering if hasattr(it, "__dict__")]
    try:
        yield
    except BaseException:
        for now, then in before:
            now.update(then)
        raise


def check_caches(where: str, name: str, caches: Any, num_blocks: int) -> None:
    """Require one cache for each block, or None: a cache that two blocks share would mix what they keep."""
    if caches is None:
        return
    given = caches if isinstance(caches, (list, tuple)) else ()
    if not len({id(cache) for cache in given}) == len(given) == num_blocks:
        got = f"{len(given)}, not all different" if len(given) == num_blocks else describe(caches)
        raise error(where, name, f"a list of {num_blocks} caches, one for each block", got)


class KeyValueCache:
    """Room for the keys and values of one attention layer, reserved once.

    A cache that grows by ``torch.cat`` copies everything at every step; here a step writes only its own rows.

    Args:
        batch: ``B``.
        max_length: How many places there is room for.
        num_kv_heads: How many heads have keys and values of their own.
        d_head: ``d``.
        dtype: Of keys and values.
        device: Where they live.

    Raises:
        ValueError: If a size is not a positive whole number, the dtype not a floating-point one, or the device unknown.

    Source: Shazeer, 2019, section 2.4 (incremental decoding), arXiv 1911.02150.
    Chapter: Multi-head attention.
    """

    def __init__(
        self,
        batch: int,
        max_length: int,
        num_kv_heads: int,
        d_head: int,
        *,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ):
        sizes = {"batch": batch, "max_length": max_length, "num_kv_heads": num_kv_heads, "d_head": d_head}
        for name, size in sizes.items():
            check_count("KeyValueCache", name, size)
        check_dtype("KeyValueCache", dtype)
        check_device("KeyValueCache", device)
        shape = (batch, num_kv_heads, max_length, d_head)
        with torch.inference_mode(False):  # made while only inferring, it can still be written to afterwards
            self._key = torch.empty(shape, dtype=dtype, device=device)
            self._value = torch.empty(shape, dtype=dtype, device=device)
        self.length = 0

    @property
    def max_length(self) -> int:
        """How many places there is room for."""
        return self._key.shape[2]

    @property
    def bytes(self) -> int:
        """Memory reserved, 2 * B * h_kv * max_length * d numbers, in bytes."""
        return 2 * self._key.numel() * self._key.element_size()

    def append(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Write the newest places behind those already there.

        Args:
            key: ``(B, h_kv, N, d)``.
            value: ``(B, h_kv, N, d)``.

        Returns:
            All keys and all values so far, ``(B, h_kv, length, d)``: views, not copies. Gradients do not flow
            through the cache.

        Raises:
            ValueError: If the shapes, the dtype (autocast may convert it) or the device are not those of the cache,
                or there is no room left; the cache is as it was.
        """
        check_kept("KeyValueCache.append", "key", key)
        batch, num_heads, _, d_head = self._key.shape
        for name, new in (("key", key), ("value", value)):
            check_axes(
                "KeyValueCache.append", name, new, batch, num_heads, "N", d_head, like=self._key, whose="the cache's"
            )
        if value.shape != key.shape:
            raise error("KeyValueCache.append", "value", f"of the key's shape {tuple(key.shape)}", describe(value))
        return self.write(key.detach(), value.detach())

    def write(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """:meth:`append` for shapes that are known to fit and tensors without a derivative.

        Raises:
            ValueError: If there is no room left.
        """
        num_places = key.shape[2]
        end = self.length + num_places
        if end > self.max_length:
            room = f"at most {self.max_length} places"
            raise error("KeyValueCache.append", "length", room, str(end), "reserve more: max_length")
        self._key.narrow(2, self.length, num_places).copy_(key)
        self._value.narrow(2, self.length, num_places).copy_(value)
        self.length = end
        return self.view()

    def view(self, like: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return all keys and values so far, two views ``(B, h_kv, length, d)``.

        Raises:
            ValueError: If ``like``, the queries ``(B, h, N, d)`` that will ask them, are of another batch, width or
                dtype (autocast may convert it) or on another device, or ``h_kv`` does not divide ``h``.
        """
        if like is not None:
            where, (batch, heads, _, d_head) = "KeyValueCache.view", like.shape
            advice = "make it there: KeyValueCache(..., device=x.device)"
            check_same_device(where, "the cache", self._key, like, "the query's", advice)
            check_axes(
                where, "the cache", self._key, batch, "h_kv", "max_length", d_head, like=like, whose="the query's"
            )
            if heads % self._key.shape[1]:
                raise error(where, "the cache", f"of h_kv heads that divide {heads}", describe(self._key))
        return self._key.narrow(2, 0, self.length), self._value.narrow(2, 0, self.length)

    def reorder(self, rows: Tensor) -> None:
        """Let row ``b`` of the batch continue what row ``rows[b]`` has been: beam search keeps, drops and copies.

        Args:
            rows: Whole numbers ``(B_new,)``; more or fewer rows than before change the size of the batch.

        Raises:
            ValueError: If a row is not one of the batch.
        """
        check_kept("KeyValueCache.reorder", "rows", rows)
        check_rows("KeyValueCache.reorder", rows, self._key.shape[0], self._key)
        if len(rows) != self._key.shape[0]:
            with torch.inference_mode(False):
                self._key, self._value = self._key[rows], self._value[rows]
            return
        key, value = self.view()
        key[:], value[:] = key[rows], value[rows]  # only the part in use is moved

    def reset(self) -> None:
        """Forget everything and keep the room."""
        self.length = 0
