"""Two learned queries that must say where the red and where the blue pixel is: which seeds learn it, and which do not.

A scene of 8 x 8 pixels is noise, one red and one blue pixel. Each of two learned queries looks at all pixels once and
answers with a row and a column. The pixels bring their places as two coordinates or as sixteen 2-D sines; in a control
every weight is 1 / 64. Beside them the middle of the scene, least squares on all 192 numbers, and the brightest pixel.
Whether a run works is a matter of luck at high rates, so a rate is judged by the mean of three runs.

    python -m experiments.learned_queries      resumable; ``--status`` says how long
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.positional import sines_2d
from course_attn.vision.queries import LearnedQueries
from experiments.fit import SETTINGS, fit
from experiments.frame import Arm, Experiment, Line, Run, main
from experiments.twin_letters import uniform

SIDE, WIDTH, SINES, BATCH = 8, 32, 16, 64
CHOOSING, ASKED = 500, 2_000  # scenes of the validation and of the test split
RATES = (1e-3, 3e-3, 9e-3)
SEARCH_RUNS = 3  # that judge a rate
PIXEL = 2 / (SIDE - 1)  # in coordinates from -1 to 1
SOLVED = 0.5  # pixels: nearer than that, the pixel is found
STEPS_ALONG = torch.linspace(-1, 1, SIDE)
AT = torch.cartesian_prod(STEPS_ALONG, STEPS_ALONG)  # (64, 2): row and column of each pixel

Scenes = tuple[Tensor, Tensor]  # pixels (B, 64, 3), numbers of the red and of the blue one (B, 2)


def scenes(generator: torch.Generator, count: int) -> Scenes:
    """Noise from 0 to 0.2 in red, green and blue; one pixel of full red, another of full blue."""
    spots = torch.rand(count, SIDE * SIDE, generator=generator).argsort(-1)[:, :2]
    pixels = 0.2 * torch.rand(count, SIDE * SIDE, 3, generator=generator)
    for query, channel in ((0, 0), (1, 2)):
        pixels[torch.arange(count), spots[:, query], channel] = 1.0
    return pixels, spots


class Finder(nn.Module):
    """A token for each pixel, two learned queries that look at them once, and a linear map to row and column."""

    def __init__(self, arm: str):
        super().__init__()
        self.where = sines_2d(SIDE, SIDE, SINES) if "sines" in arm else AT  # (64, 16) or (64, 2)
        self.widen, self.point = nn.Linear(3 + self.where.shape[1], WIDTH), nn.Linear(WIDTH, 2)
        self.queries = LearnedQueries(num_queries=2, d_model=WIDTH, num_heads=1, num_layers=1, d_ff=2 * WIDTH)
        if "equal weights" in arm:
            for layer in self.queries.layers:
                layer.cross_attention.attend = uniform  # type: ignore[union-attr]

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Row and column of each query's answer ``(B, 2, 2)``, and where it looked ``(B, 2, 64)``."""
        tokens = torch.cat([6 * pixels, self.where.expand(len(pixels), -1, -1)], dim=-1)
        found, weights = self.queries(self.widen(tokens), return_weights=True)
        return self.point(found), weights[0][:, 0]


def loss(net: nn.Module, batch: Scenes) -> Tensor:
    """Mean squared error of the coordinates."""
    return F.mse_loss(net(batch[0])[0], AT[batch[1]])


def off(pointed: Tensor, spots: Tensor) -> Tensor:
    """Distance in pixels of each answer ``(B, 2, 2)`` from the pixel asked for, ``(B, 2)``."""
    return (pointed - AT[spots]).norm(dim=-1) / PIXEL


def numbers_of(pointed: Tensor, spots: Tensor) -> Line:
    """Mean distance, and the share of answers that hit the pixel."""
    distance = off(pointed, spots)
    return {"off": float(distance.mean()), "found": float((distance < SOLVED).float().mean())}


def least_squares(known: Scenes, pixels: Tensor) -> Tensor:
    """The best linear map from all numbers of a scene to the four coordinates, fitted on ``known``: ``(B, 2, 2)``."""

    def row(x: Tensor) -> Tensor:
        return F.pad(x.flatten(1).double(), (0, 1), value=1.0)  # (B, 193)

    solved = torch.linalg.lstsq(row(known[0]), AT[known[1]].flatten(1).double()).solution
    return (row(pixels) @ solved).float().unflatten(1, (2, 2))


@torch.no_grad()
def mean_off(model: nn.Module, asked: Scenes) -> float:
    """Mean distance in pixels."""
    return float(off(model(asked[0])[0], asked[1]).mean())


def measure(run: Run) -> Line:
    """Train on scenes drawn as they are needed; distance on scenes drawn apart."""
    counts = (50, 50) if run.tiny else (CHOOSING, ASKED)
    choose, test = (scenes(torch.Generator().manual_seed(s), n) for s, n in zip((10_000, 20_000), counts, strict=True))
    pixels, spots = test
    if run.arm == "the middle":
        return numbers_of(torch.zeros(len(pixels), 2, 2), spots)
    if run.arm == "brightest pixel":
        return numbers_of(AT[pixels[:, :, [0, 2]].argmax(1)], spots)
    if run.arm == "least squares on pixels":
        known = scenes(torch.Generator().manual_seed(run.seed), 400 if run.tiny else BATCH * EXPERIMENT.budget["all"])
        return numbers_of(least_squares(known, pixels), spots)
    if run.search:
        each = [mean_off(trained(run, run.seed + again)[0], choose) for again in range(SEARCH_RUNS)]
        return {"validation": sum(each) / len(each), "each": each}
    model, curve = trained(run, run.seed, choose)
    with torch.no_grad():
        pointed, looks = model(pixels)
    own = float((looks.argmax(-1) == spots).float().mean())
    more: Line = {"validation": mean_off(model, choose), "looks_at_it_most": own, "curve": curve}
    return numbers_of(pointed, spots) | more


def trained(run: Run, seed: int, watched: Scenes | None = None) -> tuple[nn.Module, list[Line]]:
    """A network trained from one seed, and its learning curve if there are scenes to watch."""
    torch.manual_seed(seed)
    model = Finder(run.arm)
    watch = None if watched is None else lambda net: {"validation": mean_off(net, watched)}
    return model, fit(model, loss, lambda g: scenes(g, BATCH), run.steps, run.value, seed, watch)


EXPERIMENT = Experiment(
    name="learned_queries",
    question="Do two learned queries find a red and a blue pixel, with coordinates and with 2-D sines, seed by seed?",
    prediction="With coordinates every seed; with sines some at this budget and more at twice; never without weights.",
    arms={
        "coordinates": Arm("each pixel brings its row and column, two numbers", RATES),
        "2-D sines": Arm("each pixel brings sixteen sines of row and column", RATES),
    },
    baselines={
        "the middle": Arm("always the middle of the scene", scale=0, once=("all",)),
        "least squares on pixels": Arm("a linear map from the scene's 192 numbers, as many scenes", scale=0),
        "brightest pixel": Arm("where red is largest, where blue is: needs no learning", scale=0, once=("all",)),
        "coordinates, equal weights": Arm("every weight 1 / 64, in training too", (3e-3,), once=("all",)),
    },
    how=f"the best mean of {SEARCH_RUNS} runs (seeds from 100 on) on the validation split, the same for every arm",
    seeds=tuple(range(10)),
    doubled=3,
    split={
        "train": "scenes drawn as they are needed",
        "validation": f"{CHOOSING} scenes drawn from another seed",
        "test": f"{ASKED} scenes drawn from a third, the same for all",
    },
    budget={"all": 400},
    unit=f"step of {BATCH} scenes",
    measure="off",
    lower_is_better=True,
    run=measure,
    settings=SETTINGS
    | {"batch": BATCH, "model": [WIDTH, SINES], "side": SIDE, "solved": SOLVED, "search_runs": SEARCH_RUNS},
)

main(__name__, EXPERIMENT)
