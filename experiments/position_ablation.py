"""Six ways to tell a causal model where things stand: trained on 128 places, asked about 512.

The task: each token is a number from 1 to 4 and says how far back to look; the answer is the number that stands
there. A model must therefore read a distance from a token, and find the place.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from course_attn.language_model import CausalLanguageModel
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import (
    AlibiBias,
    LearnedPositions,
    RelativeBias,
    Rotary,
    SinusoidalPositions,
    interpolate_positions,
)
from course_attn.train import Trainer, warmup_cosine
from experiments import main

SEED = 0
SEEDS = (0, 1, 2)
FARTHEST = 4  # tokens are 1 to 4; 0 is not used
TRAINED, TESTED, BIN = 128, 512, 32  # places; accuracy is averaged over bins of places
WIDTH, HEADS, LAYERS = 64, 4, 2
METHODS = ("none", "sinusoidal", "learned", "relative", "rotary", "ALiBi")


def batch(generator: torch.Generator, count: int, length: int) -> tuple[Tensor, Tensor]:
    """Tokens ``(B, N)`` and answers ``(B, N)``; a place that would look before the beginning has answer -100."""
    tokens = torch.randint(1, FARTHEST + 1, (count, length), generator=generator)
    place = torch.arange(length) - tokens  # (B, N): where each token says to look
    answer = tokens.gather(1, place.clamp(min=0))
    return tokens, answer.masked_fill(place < 0, -100)  # what cross_entropy leaves out


def model(method: str) -> CausalLanguageModel:
    """A small causal model with one of the six ways."""
    added: dict[str, nn.Module] = {
        "sinusoidal": SinusoidalPositions(WIDTH),
        "learned": LearnedPositions(TRAINED, WIDTH),
    }

    def attention() -> MultiHeadAttention:
        rotate = Rotary(WIDTH // HEADS) if method == "rotary" else None
        bias = {"relative": lambda: RelativeBias(HEADS, 16), "ALiBi": lambda: AlibiBias(HEADS)}.get(method)
        return MultiHeadAttention(WIDTH, HEADS, rotate=rotate, score_bias=bias() if bias else None)

    return CausalLanguageModel(
        FARTHEST + 1, WIDTH, HEADS, 2 * WIDTH, LAYERS, positions=added.get(method), make_attention=attention
    )


def trained(method: str, seed: int, steps: int) -> CausalLanguageModel:
    """Train one model on sequences of 128 places."""
    torch.manual_seed(seed)
    made = model(method)

    def loss(net: nn.Module, pair: tuple[Tensor, Tensor]) -> Tensor:
        return nn.functional.cross_entropy(net(pair[0]).flatten(0, 1), pair[1].flatten(), ignore_index=-100)

    optimizer = torch.optim.AdamW(made.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = warmup_cosine(steps, min(steps - 1, 50))
    trainer = Trainer(
        made, loss, lambda generator: batch(generator, 16, TRAINED), optimizer, schedule=schedule, clip=1.0, seed=seed
    )
    trainer.run(steps)
    return made.eval()


@torch.no_grad()
def right_by_place(made: nn.Module, length: int, count: int) -> Tensor:
    """Share of right answers at each place ``(N,)``, over fresh sequences; the first places count where asked."""
    tokens, answer = batch(torch.Generator().manual_seed(1000), count, length)
    right = (made(tokens).argmax(-1) == answer).float()
    asked = (answer >= 0).float()
    return (right * asked).sum(0) / asked.sum(0).clamp(min=1)


def stretched(made: CausalLanguageModel, length: int) -> CausalLanguageModel:
    """The same model with its learned table stretched to another length."""
    longer = model("learned")
    longer.positions = LearnedPositions(length, WIDTH)
    state = made.state_dict()
    state["positions.table"] = interpolate_positions(state["positions.table"], TRAINED, length)
    longer.load_state_dict(state)
    return longer.eval()


def binned(right: Tensor) -> list[float]:
    """Means over bins of 32 places, the first place left out: it never has an answer."""
    right = torch.cat([right[1:2], right[1:]])
    return [round(float(part.mean()), 4) for part in right.split(BIN)]


def run(tiny: bool = False) -> dict[str, Any]:
    """Train all methods with all seeds; accuracy by place, up to four times the trained length."""
    steps, count = (3, 2) if tiny else (700, 100)
    by_place: dict[str, list[list[float]]] = {method: [] for method in METHODS}
    next_place: dict[str, list[float]] = {method: [] for method in METHODS if method != "learned"}
    stretch: list[list[float]] = []
    for method in METHODS:
        for seed in SEEDS[: 1 if tiny else None]:
            print(method, seed)
            made = trained(method, seed, steps)
            if method == "learned":
                by_place[method].append(binned(right_by_place(made, TRAINED, count)))
                stretch.append(binned(right_by_place(stretched(made, TESTED), TESTED, count)))
                continue
            right = right_by_place(made, TESTED, count)
            by_place[method].append(binned(right))
            next_place[method].append(round(float(right[TRAINED]), 4))
    return {
        "trained_on": TRAINED,
        "tested_on": TESTED,
        "bin": BIN,
        "steps": steps,
        "sequences": count,
        "seeds": list(SEEDS),
        "by_place": by_place,
        "place_128": next_place,
        "learned_stretched": stretch,
    }


main(__name__, run, SEED)
