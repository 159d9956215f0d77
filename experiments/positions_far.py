"""Six ways to tell a causal model where things stand, trained to the end on 64 positions and asked about 256.

Each token is a number from 1 to 4 and says how far back to look; the answer is the number that stands there. Every
distance that is needed lies within the trained ones, so what fails beyond 64 fails for another reason, and each
suspect is changed alone: a window of 64 keys (fewer keys, no unseen distance), all keys with distances beyond 63
taken for 63 (all keys, no unseen angle), 64 keys drawn from anywhere (fewer keys, unseen angles), and all positions
divided by 4 (position interpolation), without and with a hundred steps of training on it.

    python -m experiments.positions_far      resumable; ``--status`` says how long
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_attn.attention import attention
from course_attn.language_model import CausalLanguageModel
from course_attn.multi_head import MultiHeadAttention
from course_attn.normalisers import softmax_weights
from course_attn.positional import (
    AlibiBias,
    LearnedPositions,
    RelativeBias,
    Rotary,
    SinusoidalPositions,
    interpolate_positions,
    relative_distance,
)
from experiments.fit import SETTINGS, fit
from experiments.frame import Arm, Experiment, Line, Run, main

FARTHEST = 4  # tokens are 1 to 4; 0 is not used
TRAINED, FAR, BIN = 64, 256, 16  # positions; accuracy by position is averaged over bins
WIDTH, HEADS, LAYERS, BATCH = 64, 4, 2, 16
CHOOSING, ASKED, TUNING = 100, 100, 100  # sequences; steps of training after position interpolation
RATES = (1e-3, 3e-3, 9e-3)
METHODS = {
    "none": "only the causal mask",
    "sinusoidal": "added to the embeddings",
    "learned": "a table of 64 rows, added; beyond it stretched",
    "relative": "a learned number on the scores, distances up to 16",
    "rotary": "queries and keys turned",
    "ALiBi": "a fixed slope on the scores",
}


def sequences(generator: torch.Generator, count: int, length: int) -> tuple[Tensor, Tensor]:
    """Tokens ``(B, N)`` and answers ``(B, N)``; -100 where a token would look before the beginning."""
    tokens = torch.randint(1, FARTHEST + 1, (count, length), generator=generator)
    place = torch.arange(length) - tokens  # (B, N): where each token says to look
    return tokens, tokens.gather(1, place.clamp(min=0)).masked_fill(place < 0, -100)


def network(method: str, length: int = TRAINED) -> CausalLanguageModel:
    """A small causal model with one of the six ways."""
    added: dict[str, Callable[[], nn.Module]] = {
        "sinusoidal": lambda: SinusoidalPositions(WIDTH),
        "learned": lambda: LearnedPositions(length, WIDTH),
    }
    biases: dict[str, Callable[[], Any]] = {
        "relative": lambda: RelativeBias(HEADS, 16),
        "ALiBi": lambda: AlibiBias(HEADS),
    }

    def make() -> MultiHeadAttention:
        rotate = Rotary(WIDTH // HEADS) if method == "rotary" else None
        bias = biases[method]() if method in biases else None
        return MultiHeadAttention(WIDTH, HEADS, rotate=rotate, score_bias=bias)

    positions = added[method]() if method in added else None
    return CausalLanguageModel(FARTHEST + 1, WIDTH, HEADS, 2 * WIDTH, LAYERS, positions=positions, make_attention=make)


def loss(net: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Cross-entropy over the positions that have an answer."""
    tokens, answer = batch
    return nn.functional.cross_entropy(net(tokens).flatten(0, 1), answer.flatten(), ignore_index=-100)


@torch.no_grad()
def right_by_position(net: nn.Module, asked: tuple[Tensor, Tensor]) -> Tensor:
    """Share of right answers at each position but the first, ``(N - 1,)``."""
    found = torch.cat([net(part).argmax(-1) for part in asked[0].split(10)])
    counted = (asked[1] >= 0)[:, 1:]
    return ((found == asked[1])[:, 1:] & counted).sum(0) / counted.sum(0).clamp(min=1)


def beyond(net: nn.Module, asked: tuple[Tensor, Tensor]) -> float:
    """Share right at the positions from 128 on: nothing of the trained length is left there."""
    return round(float(right_by_position(net, asked)[FAR // 2 - 1 :].mean()), 5)


class Slowed:
    """Rotary positions whose clock goes at a fraction of the speed: position interpolation.

    Source: Chen et al., 2023, arXiv 2306.15595.
    """

    def __init__(self, rotary: Rotary, factor: float):
        self.rotary, self.factor = rotary, factor

    def rotate(self, x: Tensor, positions: Tensor | None = None) -> Tensor:
        """As :meth:`Rotary.rotate`, every position times the factor."""
        places = torch.arange(x.shape[-2]) if positions is None else positions
        return self.rotary.rotate(x, places * self.factor)


class InWindow(nn.Module):
    """A bias on the scores with nothing but the nearest ``TRAINED`` keys left."""

    def __init__(self, bias: Any):
        super().__init__()
        self.bias = bias

    def forward(self, num_queries: int, num_keys: int) -> Tensor:
        """``(h, N, M)``, minus infinity beyond the window."""
        far = relative_distance(num_queries, num_keys) <= -TRAINED
        return self.bias(num_queries, num_keys).masked_fill(far, -math.inf)


def in_window(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Attention to the nearest ``TRAINED`` keys: as many as in training, at distances met in training."""
    near = relative_distance(query.shape[2], key.shape[2]) > -TRAINED
    return attention(query, key, value, near if mask is None else mask & near)


def as_many_from_anywhere(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Attention to the nearest 5 keys and to others drawn from anywhere, 64 in all: unseen distances among them."""
    distance = relative_distance(query.shape[2], key.shape[2])
    drawn = torch.rand(distance.shape, generator=torch.Generator().manual_seed(5)).masked_fill(distance > 0, -1.0)
    drawn = drawn.masked_fill((distance <= 0) & (distance > -FARTHEST - 1), 2.0)  # what is asked for stays
    least = drawn.topk(min(TRAINED, drawn.shape[1]), dim=-1).values[:, -1:]
    kept = (drawn >= least) & (distance <= 0)
    return attention(query, key, value, kept if mask is None else mask & kept)


def clipped(rotary: Rotary) -> Callable[..., tuple[Tensor, Tensor]]:
    """Attention to all keys, with every distance beyond the trained ones taken for the farthest trained one."""

    def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        places = torch.arange(query.shape[2])
        bare_query, bare_key = rotary.rotate(query, -places), rotary.rotate(key, -places)  # turned back
        farthest = rotary.rotate(bare_query, torch.full_like(places, TRAINED - 1))  # as seen from a key at 0
        far = relative_distance(query.shape[2], key.shape[2]) <= -TRAINED
        near_scores, far_scores = query @ key.mT, farthest @ bare_key.mT  # (B, h, N, M)
        scores = torch.where(far, far_scores, near_scores) / query.shape[-1] ** 0.5
        weights = softmax_weights(scores, mask)
        return weights @ value, weights

    return attend


def attentions(net: CausalLanguageModel) -> list[MultiHeadAttention]:
    """Its layers of attention."""
    return [module for module in net.modules() if isinstance(module, MultiHeadAttention)]


def with_attend(net: CausalLanguageModel, attend: Callable[..., tuple[Tensor, Tensor]]) -> CausalLanguageModel:
    """A copy whose attention is computed in another way."""
    other = copy.deepcopy(net)
    for layer in attentions(other):
        layer.attend = attend
    return other


def changed_one_at_a_time(net: CausalLanguageModel, method: str, asked: tuple[Tensor, Tensor], run: Run) -> Line:
    """Shares right beyond the trained length with one suspect changed."""
    if method in ("relative", "ALiBi"):
        other = copy.deepcopy(net)
        for layer in attentions(other):
            layer.score_bias = InWindow(layer.score_bias)
        return {"beyond_window": beyond(other, asked)}
    numbers = {"beyond_window": beyond(with_attend(net, in_window), asked)}
    if method != "rotary":
        return numbers
    rotary = Rotary(WIDTH // HEADS)
    numbers["beyond_clipped"] = beyond(with_attend(net, clipped(rotary)), asked)
    numbers["beyond_as_many_from_anywhere"] = beyond(with_attend(net, as_many_from_anywhere), asked)
    slowed = copy.deepcopy(net)
    for layer in attentions(slowed):
        layer.rotate = Slowed(rotary, TRAINED / FAR)
    numbers["beyond_interpolated"] = beyond(slowed, asked)
    steps = 2 if run.tiny else TUNING
    fit(slowed, loss, lambda g: sequences(g, 4, FAR), steps, run.value, run.seed)
    return numbers | {"beyond_interpolated_tuned": beyond(slowed, asked)}


def stretched(net: CausalLanguageModel) -> CausalLanguageModel:
    """The same model with its learned table stretched to four times the length."""
    longer, state = network("learned", FAR), net.state_dict()
    state["positions.table"] = interpolate_positions(state["positions.table"], TRAINED, FAR)
    longer.load_state_dict(state)
    return longer.eval()


def measure(run: Run) -> Line:
    """Train one method on 64 positions; shares right there, by position, and beyond."""
    count = 10 if run.tiny else ASKED
    choose = sequences(torch.Generator().manual_seed(10_000), 10 if run.tiny else CHOOSING, TRAINED)
    test = sequences(torch.Generator().manual_seed(20_000), count, FAR)
    short = (test[0][:, :TRAINED], test[1][:, :TRAINED])
    if run.arm in EXPERIMENT.baselines:
        found = torch.ones_like(short[0]) if run.arm == "one number" else short[0].roll(1, 1)
        return {"right": round(float((found == short[1])[short[1] >= 0].float().mean()), 5)}
    torch.manual_seed(run.seed)
    net = network(run.arm)
    watch = None if run.search else lambda m: {"validation": round(float(right_by_position(m, choose).mean()), 5)}
    curve = fit(net, loss, lambda g: sequences(g, BATCH, TRAINED), run.steps, run.value, run.seed, watch)
    numbers: Line = {"validation": round(float(right_by_position(net, choose).mean()), 5)}
    if run.search:
        return numbers
    numbers["right"] = round(float(right_by_position(net, short).mean()), 5)
    far = stretched(net) if run.arm == "learned" else net
    by_position = right_by_position(far, test)
    numbers["beyond"] = beyond(far, test)
    numbers["by_position"] = [round(float(part.mean()), 4) for part in by_position.split(BIN)]
    if run.arm != "learned":
        numbers |= changed_one_at_a_time(net, run.arm, test, run)
    return numbers | {"curve": curve}


EXPERIMENT = Experiment(
    name="positions_far",
    question="Which ways to tell positions learn to look a few positions back, and which still do it beyond 64?",
    prediction="All but none learn it; beyond, ALiBi and relative hold; rotary falls by unseen angles, not more keys.",
    arms={name: Arm(what, RATES) for name, what in METHODS.items()},
    baselines={
        "one number": Arm("always the same answer: chance", scale=0, once=("64",)),
        "the token before": Arm("looks one back, whatever it is told: a bigram", scale=0, once=("64",)),
    },
    seeds=(0, 1, 2),
    of_equals="middle",  # rotary is right everywhere at any rate, and the smallest hardly trains in a hundred steps
    doubled=1,
    split={
        "train": "sequences of 64 drawn as they are needed",
        "validation": f"{CHOOSING} sequences of 64 from another seed",
        "test": f"{ASKED} sequences of 256 from a third, the same for all; 'right' on their first 64",
    },
    budget={"64": 3_000},
    unit=f"step of {BATCH} sequences of 64",
    measure="right",
    run=measure,
    settings=SETTINGS
    | {"batch": BATCH, "model": [WIDTH, HEADS, LAYERS], "tuning": TUNING, "trained": TRAINED, "far": FAR},
)

main(__name__, EXPERIMENT)
