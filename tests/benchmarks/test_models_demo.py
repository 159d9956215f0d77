"""The demonstration of the real models, and what it stored."""

import json

import pytest
import torch

from benchmarks import models_demo
from benchmarks.record import RESULTS
from course_attn.pretrained.pins import MODEL_FILES


def test_patches_for_half():
    assert models_demo.patches_for_half(torch.tensor([[0.1, 0.2], [0.6, 0.1]])) == 1
    assert models_demo.patches_for_half(torch.full((4, 5), 0.05)) == 10
    assert models_demo.patches_for_half(torch.tensor([3.0, 2.0, 2.0, 1.0])) == 2


def test_apart():
    assert models_demo.apart(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 1.8764])) == 0.12


def test_the_stored_result_is_of_all_models_and_close_to_the_references():
    stored = json.loads((RESULTS / "pretrained_demo.json").read_text())
    assert {"machine", "torch", "date", "commit", "threads"} <= set(stored)
    assert set(stored["models"]) == set(MODEL_FILES) == set(models_demo.MODELS)
    for name, result in stored["models"].items():
        assert result["fetched_mb"] > 10, f"{name} was not fetched"
        assert result["fetch_s"] > 0
        assert result["shown"]
        for what, difference in result["max_difference"].items():
            assert difference <= (1e-3 if what == "scores" else 1e-4), f"{name}, {what}"


@pytest.mark.slow
def test_one_model_shows_itself(capsys):
    if not all(file.path.exists() for file in MODEL_FILES["minilm"]):
        pytest.skip("the weights are not in the cache: python -m course_attn.pretrained minilm")
    result = models_demo.show("minilm")
    assert "is nearest to 'Cycle stands are behind the station.'" in result["shown"]
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed] == ["minilm:", "apart", "'Where"]
