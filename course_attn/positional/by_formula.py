"""Tables that a formula gives: they are computed anew wherever torch would only convert what is there."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class ByFormula(nn.Module):
    """A module with one table that is no weight: not in the state, and as exact as its dtype allows at any time.

    ``half()`` and ``float()`` after it would leave half precision's digits in a table, ``to_empty`` leaves memory as it
    was, and ``load_state_dict(..., assign=True)`` leaves what is not in the state on the device ``"meta"``.
    """

    _name: str

    def formula(self, length: int, dtype: torch.dtype) -> Tensor:
        """The table, of so many rows where that is free."""
        raise NotImplementedError

    def keep(self, name: str, length: int = 1) -> None:
        """Make the table an attribute of this name."""
        self._name = name
        self.register_buffer(name, self.formula(length, torch.get_default_dtype()), persistent=False)

    def made(self, length: int, like: Tensor) -> Tensor:
        """The table with the dtype and on the device of ``like``, for training too if it is made in inference mode."""
        with torch.inference_mode(False):
            return self.formula(length, like.dtype).to(like.device)

    def _apply(self, fn: Any, recurse: bool = True) -> ByFormula:
        table = self.get_buffer(self._name)
        del self._buffers[self._name]
        try:
            super()._apply(fn, recurse)  # all but the table, which takes only the new dtype and device
            probe = torch.empty(0, dtype=table.dtype, device="cpu" if table.is_meta else table.device)
            table = self.made(len(table), fn(probe))
        finally:
            self._buffers[self._name] = table
        return self

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, local: dict[str, Any], *rest: Any) -> None:
        super()._load_from_state_dict(state_dict, prefix, local, *rest)
        table = self.get_buffer(self._name)
        if local.get("assign_to_params_buffers") and table.is_meta:
            weight = next(self.parameters(), None)
            device = torch.get_default_device() if weight is None else weight.device
            self._buffers[self._name] = self.made(len(table), torch.empty(0, dtype=table.dtype, device=device))
