"""One layer of attention, many heads or few, with the same number of parameters: how many questions can it answer?

Each place of a set has a name, something it holds, and four questions, each the name of a place. It must say what those
four places hold. A head looks one way at a time, so four questions want four heads; but each head is ``D / h`` wide,
and a narrow head cannot tell twelve names apart. The layer's output is read by one linear map, or by a network of two
layers, which can take apart what one head has mixed.

    python -m experiments.how_many_heads      about six minutes on one core
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.multi_head import MultiHeadAttention
from course_attn.train import Trainer
from experiments import main

SEED = 0
SEEDS = (0, 1, 2)
D_MODEL, NAMES, QUESTIONS, CONTENTS = 32, 12, 4, 4
HEADS = (1, 2, 4, 8, 16, 32)
HIDDEN = 128
STEPS, BATCH, RATE = 800, 32, 3e-3


def questions_batch(generator: torch.Generator, count: int, questions: int = QUESTIONS) -> tuple[Tensor, ...]:
    """Names ``(B, N)``, questions ``(B, N, r)``, contents ``(B, N)`` and the answers ``(B, N, r)``."""
    names = torch.rand(count, NAMES, generator=generator).argsort(-1)  # each name stands somewhere, once
    contents = torch.randint(CONTENTS, (count, NAMES), generator=generator)
    asked = torch.randint(NAMES, (count, NAMES, questions), generator=generator)
    place_of_name = names.argsort(-1)
    places = place_of_name.gather(1, asked.flatten(1))  # (B, N * r)
    return names, asked, contents, contents.gather(1, places).view_as(asked)


class Answering(nn.Module):
    """Tables for names, contents and questions, one layer of attention, and a reading of its output."""

    def __init__(self, num_heads: int, questions: int = QUESTIONS, hidden: int = 0):
        super().__init__()
        self.name, self.content = nn.Embedding(NAMES, D_MODEL), nn.Embedding(CONTENTS, D_MODEL)
        self.question = nn.ModuleList(nn.Embedding(NAMES, D_MODEL) for _ in range(questions))
        self.attention = MultiHeadAttention(D_MODEL, num_heads)
        answers = questions * CONTENTS
        self.read: nn.Module = nn.Linear(D_MODEL, answers)
        if hidden:
            self.read = nn.Sequential(nn.Linear(D_MODEL, hidden), nn.ReLU(), nn.Linear(hidden, answers))

    def forward(self, names: Tensor, asked: Tensor, contents: Tensor) -> Tensor:
        """Scores of the contents, ``(B, N, r, 4)``."""
        x = self.name(names) + self.content(contents)  # (B, N, D)
        for i, table in enumerate(self.question):
            x = x + table(asked[..., i])
        return self.read(self.attention(x)).unflatten(-1, (-1, CONTENTS))


def loss_of(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy over every question of every place."""
    *inputs, answers = batch
    return F.cross_entropy(model(*inputs).flatten(0, -2), answers.flatten())


def train(num_heads: int, seed: int, steps: int, questions: int = QUESTIONS, hidden: int = 0) -> Answering:
    """Train one model; with ``hidden`` numbers between, the output is read by a network."""
    torch.manual_seed(seed)
    model = Answering(num_heads, questions, hidden)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    trainer = Trainer(model, loss_of, lambda g: questions_batch(g, BATCH, questions), optimizer, seed=seed)
    trainer.run(steps, progress=False)
    return model


@torch.no_grad()
def share_right(model: Answering, count: int = 500) -> float:
    """Share of the questions answered rightly, on sets never trained on."""
    *inputs, answers = questions_batch(torch.Generator().manual_seed(1000), count, len(model.question))
    return (model(*inputs).argmax(-1) == answers).float().mean().item()


def run(tiny: bool = False) -> dict[str, Any]:
    """Train every number of heads with every seed and both readings."""
    steps, seeds = (3, SEEDS[:2]) if tiny else (STEPS, SEEDS)
    right: dict[str, dict[str, list[float]]] = {"linear": {}, "network": {}}
    parameters: dict[str, int] = {}
    for num_heads in HEADS[:2] if tiny else HEADS:
        for reading, hidden in (("linear", 0), ("network", HIDDEN)):
            models = [train(num_heads, seed, steps, hidden=hidden) for seed in seeds]
            right[reading][str(num_heads)] = [round(share_right(model), 4) for model in models]
            parameters[str(num_heads)] = sum(p.numel() for p in models[0].attention.parameters())
            print(num_heads, reading, right[reading][str(num_heads)], flush=True)
    pair = [train(1, seed, steps, questions=2, hidden=HIDDEN) for seed in seeds]
    return {
        "task": f"{QUESTIONS} questions at each of {NAMES} places, {CONTENTS} possible answers",
        "d_model": D_MODEL,
        "hidden": HIDDEN,
        "steps": STEPS,
        "batch": BATCH,
        "learning_rate": RATE,
        "seeds": list(SEEDS),
        "chance": 1 / CONTENTS,
        "parameters": parameters,
        "right": right,
        "one_head_two_questions_network": [round(share_right(model), 4) for model in pair],
    }


main(__name__, run, SEED)
