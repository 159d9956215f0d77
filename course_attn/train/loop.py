"""One loop for any module: sample a batch, compute the loss, step; stop and go on exactly where it stopped."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from course_attn._checks import check_count, error
from course_attn.train.distributed import Processes
from course_attn.train.schedules import Schedule, constant

Sample = Callable[[torch.Generator], Any]
Loss = Callable[[nn.Module, Any], Tensor]


class Trainer:
    """Trains a model and remembers everything that the next step depends on.

    Args:
        model: Any module.
        loss: Takes the model and a batch, returns a scalar.
        sample: Takes a ``torch.Generator`` (on the CPU), returns a batch: a tensor, or a tuple, list or dictionary
            of tensors. All randomness of the data must come from the generator.
        optimizer: An optimizer over the model's parameters.
        schedule: Factor on the optimizer's learning rates at each step.
        bf16: Compute the forward pass in bfloat16 where that is safe (autocast); parameters stay as they are.
        clip: Largest norm of the whole gradient; None for no limit.
        seed: Seed of the data and of dropout.
        processes: The processes of the run; one if left out.

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
        self.processes = processes or Processes(_device_of(model))
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
            ValueError: If the loss is not a finite scalar.
        """
        check_count("Trainer.run", "until", until)
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
        if loss.dim() != 0:
            raise error("Trainer.run", "the loss", "a scalar", f"shape {tuple(loss.shape)}", "take its mean")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.clip is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        value = self.processes.mean(loss.detach()).item()
        if value - value != 0:  # NaN or infinite
            raise error(
                "Trainer.run", "the loss", "finite", f"{value} at step {self.step}", "the model is unchanged"
            )
        self.optimizer.step()
        return value

    def save(self, path: str | Path) -> None:
        """Write everything that the next step depends on; the file is never seen half written.

        With several processes the first one writes; dropout of the others is seeded anew when they go on.
        """
        if self.processes.rank:
            return
        state = {
            "model": self.bare_model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rates": self.rates,
            "losses": self.losses,
            "data": self.generator.get_state(),
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }
        part = Path(path).with_suffix(f".part{os.getpid()}")
        torch.save(state, part)
        os.replace(part, path)

    def load(self, path: str | Path) -> None:
        """Go on from a checkpoint: the next step is the one the saved run would have made.

        Raises:
            ValueError: If the file is no checkpoint, or its parameters do not fit the model; the first that does not
                is named, and nothing is changed.
        """
        try:
            state = torch.load(path, weights_only=True, map_location="cpu")
        except FileNotFoundError:
            raise error(
                "Trainer.load", "path", "a checkpoint file", f"{path}, which does not exist"
            ) from None
        except (RuntimeError, OSError, EOFError, pickle.UnpicklingError) as problem:
            raise error("Trainer.load", "path", "a checkpoint file", f"{path}: {problem}") from None
        if (
            not isinstance(state, dict)
            or not {"model", "optimizer", "losses", "data", "torch"} <= state.keys()
        ):
            raise error("Trainer.load", "path", "a checkpoint of Trainer.save", str(path))
        check_state_fits("Trainer.load", self.bare_model, state["model"])
        self.bare_model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.rates, self.losses = list(state["rates"]), list(state["losses"])
        self.generator.set_state(state["data"])
        torch.set_rng_state(state["torch"])
        if state["cuda"] and torch.cuda.is_available():
            torch.cuda.set_rng_state_all(state["cuda"])


def check_state_fits(where: str, model: nn.Module, state: dict[str, Tensor]) -> None:
    """Require that a state dictionary fits a model; name the first entry that does not."""
    own = model.state_dict()
    for name, tensor in own.items():
        if name not in state:
            raise error(
                where, f"the checkpoint's {name}", f"of shape {tuple(tensor.shape)}", "nothing by that name"
            )
        if state[name].shape != tensor.shape:
            raise error(
                where,
                f"the checkpoint's {name}",
                f"of shape {tuple(tensor.shape)}",
                f"{tuple(state[name].shape)}",
            )
    for name in state:
        if name not in own:
            raise error(
                where,
                f"the checkpoint's {name}",
                "a parameter of the model",
                "a name the model does not have",
            )


def _device_of(model: nn.Module) -> torch.device | None:
    parameter = next(model.parameters(), None)
    return None if parameter is None else parameter.device
