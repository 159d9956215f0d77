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

from course_attn._checks import describe, error
from course_attn.device import device as existing_device


class Processes:
    """The processes of this run, as ``torchrun`` started them; used as a context.

    Args:
        device: Where this process computes; its own GPU if the machine has any, else the CPU, if left out. With several
            processes ``"cuda"`` is each one's own GPU.

    Attributes:
        rank: Number of this process, from 0.
        count: Number of processes; 1 without ``torchrun``.
        device: Where this process computes.

    Raises:
        ValueError: If the device is not there; from :meth:`wrap`, before the context is entered; from :meth:`share`,
            if a batch cannot be divided evenly.

    Chapter: The Transformer.
    """

    def __init__(self, device: torch.device | str | None = None):
        self.rank = int(os.environ.get("RANK", "0"))
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        chosen = torch.device("cuda" if torch.cuda.is_available() else "cpu") if device is None else device
        if str(chosen) == "cuda":
            chosen = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        self.device = existing_device(str(chosen))

    @classmethod
    def alone(cls, device: torch.device | str | None = None) -> Self:
        """This process by itself, though ``torchrun`` may have started others: it takes whole batches."""
        processes = cls(device)
        processes.rank, processes.count = 0, 1
        return processes

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
        if not dist.is_initialized():
            advice = "with Processes() as processes: ..."
            raise error("Processes.wrap", "the processes", "entered before they are used", "none that are", advice)
        return nn.parallel.DistributedDataParallel(model)

    def share(self, batch: Any) -> Any:
        """Return this process's part of a batch: every ``count``-th row, starting at row ``rank``.

        A mean loss over equal shares, averaged over the processes, is the mean loss over the batch. Shares that
        hold different numbers of padded targets are not equal in that sense.

        Args:
            batch: A tensor ``(B, ...)``, or a tuple, named tuple, list or dictionary of such.
        """
        if isinstance(batch, Tensor) and batch.dim():
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
        if isinstance(batch, (tuple, list)):
            parts = [self.share(part) for part in batch]
            return type(batch)(*parts) if hasattr(batch, "_fields") else type(batch)(parts)
        raise error("Processes.share", "batch", "a tensor (B, ...), or a tuple, list or dictionary", describe(batch))

    def mean(self, value: Tensor) -> Tensor:
        """Return the mean of a scalar over the processes."""
        if self.count == 1:
            return value
        total = value.detach().clone()
        dist.all_reduce(total)
        return total / self.count

    def gather(self, value: Any) -> list[Any]:
        """Return what each process gave, in the order of their numbers, to all of them; each must call it."""
        values = [value] * self.count
        if self.count > 1:
            dist.all_gather_object(values, value)
        return values

    def wait(self) -> None:
        """Go on when every process has come this far; each must call it."""
        if self.count > 1:
            dist.barrier()
