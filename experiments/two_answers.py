"""How many answers can a head bring? A task on which the number of heads decides, and it can be proved.

Boxes with a name outside and a number inside, and a question: what do two of them hold, or four? Attention asks
with the names that are wanted, its keys are the names on the boxes, its values what is inside; one map reads the
output. The weights do not depend on the numbers, so a head hands on one weighted sum of them, and h heads hand on h.
The numbers are drawn independently from the normal distribution, so no function of h sums explains more than h / r of
the variance of r of them: for normal numbers the best function is linear, and a linear map of h sums has rank h. One
head for each answer explains everything. Width does not enter.

Where a box holds one of four things instead, the proof does not hold: two parts of one thing and one of another can be
told from one part and two by a network, though not by a linear map.

    python -m experiments.two_answers      resumable; ``--status`` says how long
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.attention import attention
from course_attn.head_axis import merge_heads, split_heads
from experiments.fit import SETTINGS, fit
from experiments.frame import Arm, Experiment, Line, Run, main

QUERIES, THINGS, WIDTH, HIDDEN, BATCH = 12, 4, 32, 128, 32
NAMES, CHOOSING, ASKED = 12, 500, 5_000
RATES = (5e-3, 1e-2, 2e-2)
CASES = {"two numbers": 2, "four numbers": 4, "two things": 2}  # how many boxes are asked for
HEADS = {f"{h} head{'s' * (h > 1)}": h for h in (1, 2, 4, 8, 32)}
CONTROLS = ("1 head, twice as wide", "1 head, read by a network", "1 head, two layers")
ARMS_OF = {  # which arms are run in which case
    "two numbers": {"1 head", "2 heads", *CONTROLS, "uniform weights"},
    "four numbers": {*HEADS},
    "two things": {"1 head", "1 head, read by a network"},
}
Boxes = tuple[Tensor, Tensor, Tensor, Tensor]


def boxes(generator: torch.Generator, count: int, case: str) -> Boxes:
    """Names ``(B, M)``, what is inside ``(B, M, c)``, names asked ``(B, N, r)`` and the answers ``(B, N, r, c)``.

    Each of the ``N`` queries asks for ``r`` different boxes. Numbers: ``c`` is 1; things: ``c`` is 4, one of them 1.
    """
    r = CASES[case]
    names = torch.rand(count, NAMES, generator=generator).argsort(-1)
    if "things" in case:
        held = F.one_hot(torch.randint(THINGS, (count, NAMES), generator=generator), THINGS).float()
    else:
        held = torch.randn(count, NAMES, 1, generator=generator)
    asked = torch.rand(count, QUERIES, NAMES, generator=generator).argsort(-1)[..., :r]
    stands = names.argsort(-1).gather(1, asked.flatten(1))  # (B, N * r): where those boxes are
    answers = held.gather(1, stands[..., None].expand(-1, -1, held.shape[-1]))
    return names, held, asked, answers.view(*asked.shape, -1)


class Looking(nn.Module):
    """Multi-head attention whose keys are made from names and whose values from what is inside."""

    def __init__(self, width: int, num_heads: int, inside: int, uniform: bool):
        super().__init__()
        self.num_heads, self.uniform = num_heads, uniform
        self.query, self.key, self.output = (nn.Linear(width, width) for _ in range(3))
        self.value = nn.Linear(inside, width)

    def weights(self, wanted: Tensor, outside: Tensor) -> tuple[Tensor, Tensor]:
        """Queries and keys ``(B, h, N, d)``; zero queries look at every box alike."""
        query, key = split_heads(self.query(wanted), self.num_heads), split_heads(self.key(outside), self.num_heads)
        return query * (not self.uniform), key

    def forward(self, wanted: Tensor, outside: Tensor, held: Tensor) -> Tensor:
        """``(B, N, D)``."""
        mixed, _ = attention(*self.weights(wanted, outside), split_heads(self.value(held), self.num_heads))
        return self.output(merge_heads(mixed))


class Asking(nn.Module):
    """Tables for names and for each question, one layer of attention or two, and a map that reads the output."""

    def __init__(self, case: str, arm: str):
        super().__init__()
        width = WIDTH * (1 + ("twice as wide" in arm))
        inside, r = THINGS if "things" in case else 1, CASES[case]
        self.name = nn.Embedding(NAMES, width)
        self.question = nn.ModuleList(nn.Embedding(NAMES, width) for _ in range(r))
        uniform = arm == "uniform weights"
        layers = 1 + ("two layers" in arm)
        self.layers = nn.ModuleList(Looking(width, HEADS.get(arm, 1), inside, uniform) for _ in range(layers))
        self.read: nn.Module = nn.Linear(width, r * inside)
        if "network" in arm:
            hidden = (nn.Linear(width, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU())
            self.read = nn.Sequential(*hidden, nn.Linear(HIDDEN, r * inside))

    def forward(self, names: Tensor, held: Tensor, asked: Tensor) -> Tensor:
        """The answers ``(B, N, r, c)``: numbers, or logits of things."""
        outside = self.name(names)
        wanted = torch.stack([table(asked[..., i]) for i, table in enumerate(self.question)]).sum(0)  # (B, N, D)
        found = torch.zeros_like(wanted)
        for layer in self.layers:
            found = found + layer(wanted + found, outside, held)  # the second layer knows what the first one found
        return self.read(found).unflatten(-1, (asked.shape[-1], -1))


def loss(net: nn.Module, batch: Boxes) -> Tensor:
    """Squared error of numbers, cross-entropy of things."""
    *given, answers = batch
    said = net(*given)
    if answers.shape[-1] == 1:
        return (said - answers).pow(2).mean()
    return F.cross_entropy(said.flatten(0, -2), answers.argmax(-1).flatten())


@torch.no_grad()
def answered(said: Tensor, answers: Tensor) -> float:
    """Share of the variance of numbers that is explained, or share of things told rightly."""
    if answers.shape[-1] == 1:
        return 1 - float((said - answers).pow(2).sum() / answers.pow(2).sum())
    return float((said.argmax(-1) == answers.argmax(-1)).float().mean())


def looked_up(names: Tensor, held: Tensor, asked: Tensor) -> Tensor:
    """What a program says that compares the names: ``(B, N, r, c)``."""
    same = (asked[..., None] == names[:, None, None]).float()  # (B, N, r, M)
    return same @ held[:, None]


def measure(run: Run) -> Line:
    """Train on boxes drawn as they are needed; what is answered on boxes drawn apart."""
    choose = boxes(torch.Generator().manual_seed(10_000), 20 if run.tiny else CHOOSING, run.case)
    test = boxes(torch.Generator().manual_seed(20_000), 20 if run.tiny else ASKED, run.case)
    if run.arm == "always the same":
        return {"answered": answered(torch.zeros_like(test[-1]), test[-1])}
    if run.arm == "look-up":
        return {"answered": answered(looked_up(*test[:-1]), test[-1])}
    torch.manual_seed(run.seed)
    net = Asking(run.case, run.arm)

    def seen(net: nn.Module, asked: Boxes) -> float:
        with torch.no_grad():
            return answered(net(*asked[:-1]), asked[-1])

    watch = None if run.search else lambda m: {"validation": seen(m, choose)}
    curve = fit(net, loss, lambda g: boxes(g, BATCH, run.case), run.steps, run.value, run.seed, watch)
    numbers: Line = {"validation": seen(net, choose)}
    size = sum(p.numel() for p in net.layers.parameters())
    return numbers if run.search else numbers | {"answered": seen(net, test), "parameters": size, "curve": curve}


EXPERIMENT = Experiment(
    name="two_answers",
    question="How many answers can one head bring, whatever reads its output?",
    prediction="h of r numbers, by any reading; of things a network reads two from one head; width changes nothing.",
    arms={
        **{name: Arm(f"{name} of {WIDTH // h}, read by a linear map", RATES) for name, h in HEADS.items()},
        "32 heads": Arm("32 heads of 1, read by a linear map, twice the steps", like="8 heads", scale=2),
        "1 head, twice as wide": Arm(f"one head of {2 * WIDTH}, read by a linear map", RATES),
        "1 head, read by a network": Arm(f"two hidden layers of {HIDDEN} read the output", RATES),
        "1 head, two layers": Arm("the second layer asks again, and adds what it finds", RATES),
    },
    baselines={
        "always the same": Arm("the mean of the numbers; the first of the things", scale=0, once=tuple(CASES)),
        "uniform weights": Arm("one head with every weight 1 / N, in training too", like="1 head"),
        "look-up": Arm("a program that compares the names", scale=0, once=tuple(CASES)),
    },
    seeds=(0, 1, 2),
    doubled=1,
    split={
        "train": "boxes drawn as they are needed",
        "validation": f"{CHOOSING} sets of boxes drawn from another seed",
        "test": f"{ASKED} sets of boxes drawn from a third, the same for all",
    },
    budget={"two numbers": 500, "four numbers": 500, "two things": 600},
    unit=f"step of {BATCH} sets of boxes with {QUERIES} queries each",
    measure="answered",
    run=measure,
    settings=SETTINGS | {"batch": BATCH, "model": [WIDTH, HIDDEN], "boxes": [NAMES, THINGS], "queries": QUERIES},
    absent=frozenset(
        (name, case) for case, run in ARMS_OF.items() for name in {*HEADS, *CONTROLS, "uniform weights"} - run
    ),
)

main(__name__, EXPERIMENT)
