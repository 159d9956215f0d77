"""The one training loop of the framed experiments: the same optimiser, schedule and clipping for every arm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from course_attn.train import Trainer, warmup_cosine
from course_attn.train.loop import Loss, Sample

DECAY, CLIP, WARMUP = 0.05, 1.0, 0.05  # weight decay; largest norm of the gradient; share of the steps
POINTS = 8  # of a learning curve
SETTINGS = {"optimiser": "AdamW", "weight_decay": DECAY, "clip": CLIP, "warmup": WARMUP, "schedule": "cosine to 0"}


def fit(
    model: nn.Module,
    loss: Loss,
    sample: Sample,
    steps: int,
    rate: float,
    seed: int,
    watch: Callable[[nn.Module], dict[str, float]] | None = None,
    groups: list[dict[str, Any]] | None = None,
) -> list[dict[str, float]]:
    """Train a model in place and return its learning curve.

    Args:
        model: Any module; it is left ready to be asked.
        loss: As :class:`course_attn.train.Trainer` takes it.
        sample: The same.
        steps: All of them.
        rate: Learning rate at the top of the schedule.
        seed: Of the data and of dropout; the caller seeds the model's start.
        watch: What to measure on the way; its numbers stand in the curve.
        groups: The optimiser's groups, if not all parameters have the same rate.
    """
    optimizer = torch.optim.AdamW(groups or model.parameters(), lr=rate, weight_decay=DECAY)
    schedule = warmup_cosine(steps, min(steps - 1, max(1, round(WARMUP * steps))))
    trainer = Trainer(model, loss, sample, optimizer, schedule=schedule, clip=CLIP, seed=seed)
    curve = []
    for point in range(1, POINTS + 1) if watch else [POINTS]:
        until = max(1, steps * point // POINTS)
        if until > trainer.step:
            recent = trainer.run(until, progress=False)[steps * (point - 1) // POINTS :]
            model.eval()
            seen = watch(model) if watch else {}
            curve.append({"step": until, "loss": round(sum(recent) / len(recent), 4), **seen})
    model.eval()
    return curve
