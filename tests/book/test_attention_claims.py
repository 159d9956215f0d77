"""What chapter 1 concludes, held against the stored runs and against the package."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from course_attn import AdditiveScore, attention, sigmoid_weights
from course_attn.results import stored

PAGE = (Path(__file__).resolve().parents[2] / "book" / "attention.md").read_text(encoding="utf-8")
RUN = stored("score_widths")
WIDTHS = ["3", "8", "16", "64"]


def paragraph(start: str) -> str:
    """The paragraph of the page that begins so, on one line."""
    assert PAGE.count(f"\n\n{start}") == 1, start
    return " ".join(PAGE.split(f"\n\n{start}")[1].split("\n\n")[0].split())


def right(case: str, name: str, budget: str = "budget") -> float:
    shares = RUN["numbers"][case][name][budget]["right"]
    return sum(shares) / len(shares)


def test_the_numbers_of_the_scores_are_the_stored_ones():
    fooled = paragraph("*At 3 numbers the dot product is fooled by long keys.*")
    for name in ("dot", "cosine", "nearest"):
        assert f"{right('3', name):.2f}" in fooled, name
        assert right("64", name) == pytest.approx(1.0, abs=1e-4)
    additive = paragraph("*The additive score fails, and then wins.*")
    bare, with_constant = (right("3, moved by 1", name) for name in ("additive", "additive + 1"))
    assert f"{bare:.2f} without a constant, {with_constant:.2f} with one" in additive


@pytest.mark.parametrize("budget", ["budget", "doubled"])
@pytest.mark.parametrize("width", WIDTHS)
def test_additive_is_near_chance_without_a_constant_and_the_best_with_one(width, budget):
    chance, best = right(width, "always the first key"), right(width, "nearest")
    assert abs(right(width, "additive", budget) - chance) < 0.04
    assert abs(right(width, "additive + 1", budget) - best) < 0.001


def test_an_odd_score_is_right_as_often_as_it_is_most_wrong_on_a_question_and_its_mirror_image():
    torch.manual_seed(0)
    keys, asked = torch.randn(500, 6, 3), torch.randint(6, (500,))
    query = (keys[torch.arange(500), asked] + 0.3 * torch.randn(500, 3))[:, None]
    score = AdditiveScore(3, 3, 32)
    right_in_mirror = score(-query, -keys)[:, 0].argmax(-1) == asked
    most_wrong = score(query, keys)[:, 0].argmin(-1) == asked
    assert torch.equal(right_in_mirror, most_wrong)
    assert 0 < int(most_wrong.sum()) < 500


def test_a_weight_above_a_half_outweighs_the_others_among_values_of_one_length():
    torch.manual_seed(0)
    values = torch.nn.functional.normalize(torch.randn(500, 7, 5), dim=-1)
    _, weights = attention(4 * torch.randn(500, 1, 5), torch.randn(500, 7, 5), values)
    largest, heaviest = weights[:, 0].max(-1)
    part = largest[:, None] * values[torch.arange(500), heaviest]
    others = (weights @ values)[:, 0] - part
    above = largest > 0.5
    outweighs = part.norm(dim=-1) > others.norm(dim=-1)
    assert 100 < int(above.sum()) < 500
    assert outweighs[above].all()
    assert not outweighs.all()


def test_the_sigmoid_of_the_page():
    weight = sigmoid_weights(torch.tensor([[1.2, 0.8, 0.2, -0.5, -1.0]]))[0, 0].item()
    assert f"= {weight:.2f}$, not $\\sigma(1.2) = {1 / (1 + math.exp(-1.2)):.2f}$" in paragraph("Sparsemax projects")
