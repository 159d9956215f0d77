"""Several processes, each with its share of every batch: ``torchrun --nproc-per-node 2 script.py``.

With one process nothing here does anything, so the same script runs either way.
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch import distributed as dist

from course_attn._checks import error


class Processes:
    """The processes of this run, as ``torchrun`` started them; used as a context.

    Attributes:
        rank: Number of this process, from 0.
        count: Number of processes; 1 without ``torchrun``.
        device: Where this process computes.

    Raises:
        ValueError: From :meth:`share`, if a batch cannot be divided evenly.

    Chapter: The Transformer.
    """

    def __init__(self, device: torch.device | str | None = None):
        self.rank = int(os.environ.get("RANK", "0"))
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        local = int(os.environ.get("LOCAL_RANK", "0"))
        chosen = device or (f"cuda:{local}" if torch.cuda.is_available() else "cpu")
        self.device = torch.device(chosen)

    def __enter__(self) -> Self:
        if self.count > 1:
            if self.device.type == "cuda":
                torch.cuda.set_device(self.device)
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.count > 1:
            dist.destroy_process_group()

    def wrap(self, model: nn.Module) -> nn.Module:
        """Move the model to its device and let gradients be averaged over the processes."""
        model = model.to(self.device)
        if self.count == 1:
            return model
        return nn.parallel.DistributedDataParallel(model)

    def share(self, batch: Any) -> Any:
        """Return this process's part of a batch: every ``count``-th row, starting at row ``rank``.

        A mean loss over equal shares, averaged over the processes, is the mean loss over the batch. Shares that
        hold different numbers of padded targets are not equal in that sense.

        Args:
            batch: A tensor ``(B, ...)``, or a tuple, list or dictionary of such.
        """
        if isinstance(batch, Tensor):
            if batch.shape[0] % self.count:
                raise error(
                    "Processes.share",
                    "batch",
                    f"divisible by {self.count} processes",
                    f"{batch.shape[0]} rows",
                )
            return batch[self.rank :: self.count].to(self.device)
        if isinstance(batch, dict):
            return {name: self.share(part) for name, part in batch.items()}
        return type(batch)(self.share(part) for part in batch)

    def mean(self, value: Tensor) -> Tensor:
        """Return the mean of a scalar over the processes."""
        if self.count == 1:
            return value
        total = value.detach().clone()
        dist.all_reduce(total)
        return total / self.count
