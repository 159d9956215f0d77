"""What looking costs on images of growing size: convolution, SAGAN's block with and without pooling, two gates.

Processor time of a forward pass on one thread, the least of several rounds: other work on the machine does not count.

    python -m experiments.image_cost          about a minute on one core
"""

from __future__ import annotations

import time
from typing import Any

import torch
from torch import nn

from course_attn.vision.channel_spatial import CBAM, SqueezeExcitation
from course_attn.vision.sagan import SaganAttention
from experiments import main

SEED = 0
CHANNELS, ROUNDS = 64, 7
SIDES = (8, 16, 32, 64, 128)


def layers() -> dict[str, nn.Module]:
    """The five layers, each from ``(1, 64, H, W)`` to the same shape."""
    torch.manual_seed(SEED)
    ways = {
        "convolution 3 x 3": nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
        "attention": SaganAttention(CHANNELS, pool=False),
        "attention, pooled": SaganAttention(CHANNELS),
        "channel gate (SE)": SqueezeExcitation(CHANNELS),
        "both gates (CBAM)": CBAM(CHANNELS),
    }
    return {name: layer.eval() for name, layer in ways.items()}


@torch.inference_mode()
def run(tiny: bool = False) -> dict[str, Any]:
    """Time every layer at every size; the layers take turns."""
    torch.set_num_threads(1)
    ways = layers()
    milliseconds: dict[str, list[float]] = {name: [] for name in ways}
    sides = SIDES[:2] if tiny else SIDES
    for side in sides:
        x = torch.randn(1, CHANNELS, side, side, generator=torch.Generator().manual_seed(SEED))
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(3 if tiny else ROUNDS + 1):
            for name, layer in ways.items():
                start = time.process_time()
                layer(x)
                times[name].append(time.process_time() - start)
        for name, each in times.items():
            milliseconds[name].append(round(1000 * min(each[1:]), 3))
        print(side, {name: row[-1] for name, row in milliseconds.items()}, flush=True)
    return {"channels": CHANNELS, "rounds": ROUNDS, "sides": list(sides), "milliseconds": milliseconds}


main(__name__, run, SEED)
