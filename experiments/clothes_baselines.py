"""What readers without a network say of the pictures that `vit_ablation` and `vit_data_size` ask about.

Always the same class, the nearest training picture, and logistic regression on the pixels, trained on the same 500,
5 000 and 50 000 pictures and asked about the same 2 000, as they are and shifted. The penalty is the best of a few on
the last 10 000 training pictures, which those experiments never use. Also: how much a picture resembles its mirror
image, class by class, since one of the two mirrors pictures to have more of them.

    python -m experiments.clothes_baselines      some minutes on one core
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course_attn.data import fashion_mnist
from course_attn.data.images import FASHION_CLASSES
from experiments import main
from experiments.fashion import MEAN, SPREAD, Split, linear, nearest, share_right
from experiments.vit_ablation import pictures
from experiments.vit_data_size import SEEDS, SIZES, shifted, some

SEED = 0
SEARCH_SEED = 100
PENALTIES = (1.0, 10.0, 100.0)


def mirrored(images: Tensor, labels: Tensor) -> dict[str, float]:
    """Correlation of each class's mean picture with its mirror image."""
    found = {}
    for number, name in enumerate(FASHION_CLASSES):
        mean = images[labels == number].float().mean(0)
        found[name] = round(float(torch.corrcoef(torch.stack([mean.flatten(), mean.flip(-1).flatten()]))[0, 1]), 3)
    return found


def run(tiny: bool = False) -> dict[str, Any]:
    """Every reader, size and draw."""
    torch.set_num_threads(1)
    images, labels, held_out, answers = pictures()
    known, _ = fashion_mnist()
    choose = Split((known.images[50_000:, None] / 255 - MEAN) / SPREAD, known.labels[50_000:])
    moved = shifted(held_out, torch.Generator().manual_seed(7))  # as vit_data_size does it
    sizes = (50,) if tiny else SIZES
    kinds = {"right": held_out, "right_shifted": moved}
    readers = ("one class", "nearest picture", "linear on pixels")
    table: dict[str, dict[str, dict[str, list[float]]]] = {
        kind: {name: {str(size): [] for size in sizes} for name in readers} for kind in kinds
    }
    penalty, tried = {}, {}
    for size in sizes:
        few = some(labels, size, SEARCH_SEED)
        few_known = Split(images[few], labels[few])
        judged = {p: round(share_right(linear(few_known, p), *choose), 4) for p in PENALTIES}
        tried[str(size)] = {f"{p:g}": share for p, share in judged.items()}
        penalty[str(size)] = max(judged, key=judged.__getitem__)
        for seed in SEEDS[:1] if tiny else SEEDS:
            chosen = some(labels, size, seed)
            split = Split(images[chosen], labels[chosen])
            model = linear(split, penalty[str(size)])
            for kind, asked in kinds.items():
                table[kind]["one class"][str(size)].append(round(float((answers == 0).float().mean()), 4))
                table[kind]["nearest picture"][str(size)].append(
                    round(float((nearest(split, asked) == answers).float().mean()), 4)
                )
                table[kind]["linear on pixels"][str(size)].append(round(share_right(model, asked, answers), 4))
            print(size, seed, {kind: {n: of[str(size)][-1] for n, of in t.items()} for kind, t in table.items()})
    return {
        "question": "What do readers without a network say of the pictures of vit_ablation and vit_data_size?",
        "prediction": "The linear one is ahead of the small transformer at 500 pictures and behind it at 50 000.",
        "sizes": list(sizes),
        "seeds": list(SEEDS),
        "test_images": len(answers),
        "tried": tried,
        "penalty": penalty,
        **table,
        "mirror_correlation": mirrored(known.images, known.labels),
    }


main(__name__, run, SEED)
