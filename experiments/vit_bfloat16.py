"""Does a vision transformer trained in bfloat16 end where single precision ends? Same start, same batches.

    python -m experiments.vit_bfloat16      some minutes on one core
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.train import Trainer, warmup_cosine
from experiments import main
from experiments.vit_ablation import BATCH, RATE, pictures, share_right, small_vit

SEED = 0
SEEDS = (0, 1, 2)
STEPS = 400


def train(images: Tensor, labels: Tensor, seed: int, bf16: bool, steps: int) -> nn.Module:
    """The small model of ``vit_ablation``, trained in either precision."""

    def sample(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(len(images), (BATCH,), generator=generator)
        return images[chosen], labels[chosen]

    def loss(net: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        return F.cross_entropy(net(batch[0]), batch[1])

    torch.manual_seed(seed)
    model = small_vit()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.05)
    schedule = warmup_cosine(total=steps, warmup=min(30, steps // 2))
    trainer = Trainer(model, loss, sample, optimizer, schedule=schedule, clip=1.0, seed=seed, bf16=bf16)
    trainer.run(steps, progress=False)
    return model.eval()


def run(tiny: bool = False) -> dict[str, Any]:
    """Share of 2 000 held-out pictures told rightly, in single precision, for each seed and each way of training."""
    images, labels, held_out, answers = pictures()
    if tiny:
        held_out, answers = held_out[:50], answers[:50]
    steps, seeds = (2, SEEDS[:1]) if tiny else (STEPS, SEEDS)
    right: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    for name, shares in right.items():
        for seed in seeds:
            model = train(images, labels, seed, name == "bfloat16", steps)
            shares.append(share_right(model, held_out, answers))
            print(f"{name}, seed {seed}: {shares[-1]:.3f}", flush=True)
    return {"seeds": list(seeds), "steps": steps, "batch": BATCH, "tested_on": len(answers), "right": right}


main(__name__, run, SEED)
