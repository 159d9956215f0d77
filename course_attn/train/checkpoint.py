"""Checkpoints: written whole or not at all, and looked at before anything of them is taken over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from course_attn._checks import describe, error

WHERE = "Trainer.load"
ENTRIES = {
    "model": dict,
    "optimizer": dict,
    "optimizer_is": list,
    "rates": list,
    "losses": list,
    "data": Tensor,
    "dropout": list,
}


def write_checkpoint(path: str | Path, state: dict[str, Any]) -> None:
    """Write a file that is never seen half written."""
    part = Path(path).with_suffix(f".part{os.getpid()}")
    torch.save(state, part)
    os.replace(part, path)


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a file of :func:`write_checkpoint` and look whether it has the entries of a checkpoint.

    Raises:
        ValueError: If it is not there, is no such file, or an entry is missing or of another kind.
    """
    if not isinstance(path, (str, Path)):
        raise error(WHERE, "path", "a checkpoint file", describe(path))
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except FileNotFoundError:
        raise error(WHERE, "path", "a checkpoint file", f"{path}, which does not exist") from None
    except Exception as problem:  # unpickling bytes that are none raises almost anything
        raise error(WHERE, "path", "a checkpoint file", f"{path}: {problem}") from None
    if not isinstance(state, dict):
        raise error(WHERE, "path", "a checkpoint of Trainer.save", f"{path}: {type(state).__name__}")
    for name, kind in ENTRIES.items():
        if not isinstance(state.get(name), kind):
            got = describe(state[name]) if name in state else "nothing by that name"
            raise error(WHERE, f"the checkpoint's {name}", f"a {kind.__name__}, as Trainer.save writes it", got)
    for name, kinds in (("rates", (int, float, Tensor)), ("losses", (float,))):
        for value in state[name]:
            if not isinstance(value, kinds):
                raise error(WHERE, f"the checkpoint's {name}", "numbers", describe(value))
    return state


def check_model_fits(model: nn.Module, saved: dict[str, Any]) -> None:
    """Require that a state dictionary fits a model; name the first entry that does not."""
    own = model.state_dict()
    for name, tensor in own.items():
        if name not in saved:
            raise error(WHERE, f"the checkpoint's {name}", f"of {_say(tensor)}", "nothing by that name")
        check_alike(name, saved[name], tensor)
    for name in saved:
        if name not in own:
            raise error(WHERE, f"the checkpoint's {name}", "a parameter of the model", "a name the model does not have")


def check_alike(name: str, saved: Any, own: Any) -> None:
    """Require an entry that is like what is there already, if that is a tensor: same shape, same dtype."""
    if isinstance(own, Tensor) and (
        not isinstance(saved, Tensor) or (saved.shape, saved.dtype) != (own.shape, own.dtype)
    ):
        raise error(WHERE, f"the checkpoint's {name}", f"of {_say(own)}", describe(saved))


def optimizer_is(optimizer: torch.optim.Optimizer) -> list[Any]:
    """The optimizer's class, and the shapes of the parameters in each of its groups."""
    shapes = [[list(parameter.shape) for parameter in group["params"]] for group in optimizer.param_groups]
    return [type(optimizer).__name__, *shapes]


def check_optimizer_fits(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Require that a checkpoint's optimizer is of the same class, over the same groups of parameters."""
    own, saved = optimizer_is(optimizer), state["optimizer_is"]
    if saved[:1] != own[:1]:
        raise error(WHERE, "the checkpoint's optimizer", own[0], str(saved[0] if saved else None))
    if len(saved) != len(own):
        wanted = f"of {len(own) - 1} groups of parameters"
        raise error(WHERE, "the checkpoint's optimizer", wanted, str(len(saved) - 1))
    groups = state["optimizer"].get("param_groups")
    if not isinstance(groups, list) or not isinstance(state["optimizer"].get("state"), dict):
        raise error(WHERE, "the checkpoint's optimizer", "a state_dict of an optimizer", describe(groups))
    if not len(groups) == len(state["rates"]) == len(own) - 1:
        got = f"{len(groups)} and {len(state['rates'])}"
        raise error(WHERE, "the checkpoint's groups and rates", f"{len(own) - 1} each, one for each group", got)
    for i, (mine, theirs) in enumerate(zip(optimizer.param_groups, groups, strict=True)):
        name = f"the checkpoint's optimizer, group {i},"
        if saved[i + 1] != own[i + 1]:
            raise error(WHERE, name, f"over parameters of shapes {own[i + 1]}", str(saved[i + 1]))
        missing = sorted(mine.keys() - theirs.keys()) if isinstance(theirs, dict) else sorted(mine)
        if missing:
            raise error(WHERE, name, f"one with {missing[0]}", "none", "was it saved by another version of torch?")
        if len(theirs["params"]) != len(mine["params"]):
            raise error(WHERE, name, f"over {len(mine['params'])} parameters", str(len(theirs["params"])))


def check_dropout_fits(saved: list[Any], count: int, own: list[Tensor | None]) -> None:
    """Require what dropout draws from, in as many processes as there are: states of the CPU and the GPU (or None)."""
    if len(saved) != count:
        advice = 'its model alone: model.load_state_dict(torch.load(path)["model"])'
        raise error(WHERE, "the checkpoint's processes", f"{count}, as there are now", str(len(saved)), advice)
    for states in saved:
        if not isinstance(states, list) or len(states) != len(own):
            raise error(WHERE, "the checkpoint's dropout", "a state of the CPU and of the GPU", describe(states))
        for theirs, mine in zip(states, own, strict=True):
            if theirs is not None or mine is own[0]:
                check_alike("dropout", theirs, mine)


def _say(value: Any) -> str:
    return describe(value) if isinstance(value, Tensor) else type(value).__name__
