"""One loop for any module: sample a batch, compute the loss, step; stop and go on exactly where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from course_attn._checks import check_count, check_positive, describe, error
from course_attn._numbers import check_numbers
from course_attn.train.checkpoint import (
    check_alike,
    check_dropout_fits,
    check_model_fits,
    check_optimizer_fits,
    optimizer_is,
    read_checkpoint,
    write_checkpoint,
)
from course_attn.train.distributed import Processes
from course_attn.train.schedules import Schedule, constant

Sample = Callable[[torch.Generator], Any]
Loss = Callable[[nn.Module, Any], Tensor]


class Trainer:
    """Trains a model and remembers everything that the next step depends on.

    Args:
        model: Any module.
        loss: Takes the model and a batch, returns a scalar.
        sample: Takes a ``torch.Generator`` (on the CPU), returns a batch: a tensor, or a tuple, named tuple, list or
            dictionary of tensors. All randomness of the data must come from the generator.
        optimizer: An optimizer over the model's parameters.
        schedule: Factor on the optimizer's learning rates at each step.
        bf16: Compute the forward pass in bfloat16 where that is safe (autocast); parameters stay as they are.
        clip: Largest norm of the whole gradient; None for no limit.
        seed: Seed of the data and of dropout.
        processes: The processes of the run, already entered; the model is moved to their device. If left out, this
            process alone, even under ``torchrun``, on the device where the model is.

    Raises:
        ValueError: If an argument is of another kind, or ``clip`` is not positive.

    Chapter: The Transformer.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        sample: Sample,
        optimizer: torch.optim.Optimizer,
        *,
        schedule: Schedule = constant,
        bf16: bool = False,
        clip: float | None = None,
        seed: int = 0,
        processes: Processes | None = None,
    ):
        if not isinstance(model, nn.Module):
            raise error("Trainer", "model", "a torch.nn.Module", describe(model))
        if not isinstance(optimizer, torch.optim.Optimizer):
            raise error("Trainer", "optimizer", "a torch.optim.Optimizer", describe(optimizer))
        for parameter in model.parameters():
            check_numbers("Trainer", "each parameter", parameter)
        for name, function in (("loss", loss), ("sample", sample), ("schedule", schedule)):
            if not callable(function):
                raise error("Trainer", name, "a function", describe(function))
        if clip is not None:
            check_positive("Trainer", "clip", clip)
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise error("Trainer", "seed", "a whole number", describe(seed))
        self.processes = processes or Processes.alone(_device_of(model))
        self.bare_model = model
        self.model = self.processes.wrap(model)
        self.loss, self.sample, self.optimizer = loss, sample, optimizer
        self.schedule, self.bf16, self.clip = schedule, bf16, clip
        self.rates = [group["lr"] for group in optimizer.param_groups]
        self.generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed + self.processes.rank)
        self.losses: list[float] = []

    @property
    def step(self) -> int:
        """Number of steps done."""
        return len(self.losses)

    def run(
        self, until: int, *, checkpoint: str | Path | None = None, every: int = 0, progress: bool = True
    ) -> list[float]:
        """Train until ``until`` steps are done in all, counting those of a loaded checkpoint.

        Args:
            until: Total number of steps.
            checkpoint: File to save to, at the end and every ``every`` steps.
            every: How often to save; 0 = at the end only.
            progress: Show a line on standard output, rewritten in place, with a fixed last line.

        Returns:
            The loss of every step so far.

        Raises:
            ValueError: If the loss is not a finite scalar that depends on the parameters; before the first step, if
                the checkpoint's folder does not exist.
        """
        check_count("Trainer.run", "until", until)
        if every:
            check_count("Trainer.run", "every", every)
        if checkpoint and not Path(checkpoint).parent.is_dir():
            raise error("Trainer.run", "checkpoint", "a file in a folder that exists", str(checkpoint))
        self.model.train()
        while self.step < until:
            self.losses.append(self._one_step())
            if checkpoint and every and self.step % every == 0 and self.step < until:
                self.save(checkpoint)
            if progress and self.processes.rank == 0 and (self.step % 10 == 0 or self.step == until):
                end = "\n" if self.step == until else ""
                print(f"\rstep {self.step} of {until}  loss {self.losses[-1]:.3f}", end=end, flush=True)
        if checkpoint:
            self.save(checkpoint)
        return self.losses

    def _one_step(self) -> float:
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * self.schedule(self.step)
        batch = self.processes.share(self.sample(self.generator))
        with torch.autocast(self.processes.device.type, torch.bfloat16, enabled=self.bf16):
            loss = self.loss(self.model, batch)
        if not isinstance(loss, Tensor) or loss.dim() != 0:
            raise error("Trainer.run", "the loss", "a scalar tensor", describe(loss), "take its mean")
        if not loss.requires_grad:
            raise error("Trainer.run", "the loss", "computed from the model's parameters", "one with no gradient")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.clip is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        value = self.processes.mean(loss.detach()).item()
        if value - value != 0:  # NaN or infinite
            raise error("Trainer.run", "the loss", "finite", f"{value} at step {self.step}", "the model is unchanged")
        self.optimizer.step()
        return value

    def save(self, path: str | Path) -> None:
        """Write everything that the next step depends on; the file is never seen half written.

        With several processes each must call it: the first one writes, with what dropout draws from in all of them.
        """
        dropout = self.processes.gather(self._draws_from())
        if self.processes.rank == 0:
            state = {
                "model": self.bare_model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "optimizer_is": optimizer_is(self.optimizer),
                "rates": self.rates,
                "losses": self.losses,
                "data": self.generator.get_state(),
                "dropout": dropout,
            }
            write_checkpoint(path, state)
        self.processes.wait()

    def load(self, path: str | Path) -> None:
        """Go on from a checkpoint: the next step is the one the saved run would have made.

        Each process goes on from its own state, so there must be as many as there were. On another kind of device
        dropout draws other numbers.

        Raises:
            ValueError: If the file is no checkpoint, or its model, optimizer or number of processes is another one;
                the first thing that does not fit is named, and nothing is changed.
        """
        state = read_checkpoint(path)
        check_model_fits(self.bare_model, state["model"])
        check_optimizer_fits(self.optimizer, state)
        check_alike("data", state["data"], self.generator.get_state())
        check_dropout_fits(state["dropout"], self.processes.count, self._draws_from())
        self.optimizer.load_state_dict(state["optimizer"])
        self.bare_model.load_state_dict(state["model"])
        self.rates, self.losses = list(state["rates"]), list(state["losses"])
        self.generator.set_state(state["data"])
        cpu, gpu = state["dropout"][self.processes.rank]
        torch.set_rng_state(cpu)
        if gpu is not None and self.processes.device.type == "cuda":
            torch.cuda.set_rng_state(gpu, self.processes.device)

    def _draws_from(self) -> list[Tensor | None]:
        """State of the generators that dropout draws from: the CPU's, and that of this process's GPU."""
        device = self.processes.device
        return [torch.get_rng_state(), torch.cuda.get_rng_state(device) if device.type == "cuda" else None]


def _device_of(model: nn.Module) -> torch.device | None:
    parameter = next(model.parameters(), None)
    return None if parameter is None else parameter.device
