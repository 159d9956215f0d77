"""What a plot function accepts: tensors, arrays or lists, turned into numpy arrays of a checked shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from course_attn._checks import error


def array(where: str, name: str, values: Any, *, infinite: bool = False) -> np.ndarray:
    """``values`` as float64; NaN is an error, and so is ±inf unless ``infinite``."""
    if isinstance(values, torch.Tensor):
        values = values.detach().to(device="cpu", dtype=torch.float64).numpy()
    try:
        result = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise error(where, name, "numbers (a tensor, an array or equally long lists)", type(values).__name__) from None
    bad = np.isnan(result) if infinite else ~np.isfinite(result)
    if bad.any():
        raise error(where, name, "free of NaN" if infinite else "finite", f"{int(bad.sum())} values that are not")
    return result


def matrix(where: str, name: str, values: Any, *, infinite: bool = False) -> np.ndarray:
    """A non-empty (N, M) array."""
    result = array(where, name, values, infinite=infinite)
    if result.ndim != 2 or result.size == 0:
        hint = " (pick one batch entry and one head)" if result.ndim > 2 else ""
        raise error(where, name, "a matrix of shape (N, M)", f"shape {result.shape}{hint}")
    return result


def vector(where: str, name: str, values: Any, length: int | None = None) -> np.ndarray:
    """A non-empty (n,) array, of the given length when one is given."""
    result = array(where, name, values)
    if result.ndim != 1 or result.size == 0:
        raise error(where, name, "a vector of shape (n,)", f"shape {result.shape}")
    if length is not None and len(result) != length:
        raise error(where, name, f"of length {length}", f"length {len(result)}")
    return result


def boolean_matrix(where: str, name: str, values: Any, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """A boolean (N, M) array, of the given shape when one is given."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().numpy()
    result = np.asarray(values)
    if result.dtype != np.bool_:
        raise error(where, name, "boolean (True = may attend)", f"dtype {result.dtype}")
    if result.ndim != 2 or result.size == 0:
        raise error(where, name, "a matrix of shape (N, M)", f"shape {result.shape}")
    if shape is not None and result.shape != shape:
        raise error(where, name, f"of the matrix's shape {shape}", f"shape {result.shape}")
    return result


def labels(where: str, name: str, values: Sequence[Any] | None, length: int) -> list[str] | None:
    """``length`` labels as strings; None stays None."""
    if values is None:
        return None
    if isinstance(values, str):
        raise error(where, name, f"a list of {length} labels", f"the string {values!r}")
    result = [str(value) for value in values]
    if len(result) != length:
        raise error(where, name, f"a list of {length} labels", f"{len(result)}")
    return result
