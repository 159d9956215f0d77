"""Each tensor once, in its shape, none left over."""

import re
import sys

import pytest
import torch
from torch import nn

from course_attn.pretrained.weights import Weights, import_tokenizers, unfilled


def some():
    return Weights("Here", {"a.weight": torch.ones(3, 2, dtype=torch.float16), "a.bias": torch.ones(3)})


def test_a_layer_is_filled_and_nothing_is_left():
    layer, weights = nn.Linear(2, 3), some()
    weights.fill_layer(layer, "a")
    weights.finish()
    assert torch.equal(layer.weight, torch.ones(3, 2))
    assert torch.equal(layer.bias, torch.ones(3))


def test_half_precision_becomes_float32():
    weight, bias = some().pair("a", 3, 2)
    assert weight.dtype == bias.dtype == torch.float32


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda w: w.take("b.weight", (3,)), "Here: tensor b.weight must be in the file, once, got no such tensor"),
        (
            lambda w: w.take("a.weight", (2, 3)),
            "Here: tensor a.weight must be of shape (2, 3), got shape (3, 2), float16",
        ),
        (lambda w: [w.take("a.bias", (3,)), w.take("a.bias", (3,))], "tensor a.bias must be in the file, once"),
        (lambda w: w.finish(), "Here: every tensor must be used, got 2 left over, such as a.bias"),
        (lambda w: w.fill_layer(nn.Linear(2, 3, bias=False), "a") or w.finish(), "1 left over, such as a.bias"),
        (lambda w: w.fill(None, "a.bias"), "Here: a place for a.bias must be a parameter, got None"),
    ],
)
def test_errors(use, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        use(some())


def test_an_unfilled_model_draws_no_linear_weights():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    layer = unfilled(lambda: nn.Linear(2, 3, bias=False))
    assert torch.equal(torch.get_rng_state(), before)
    assert (tuple(layer.weight.shape), layer.weight.device.type, layer.weight.requires_grad) == ((3, 2), "cpu", True)
    nn.Linear(2, 3)
    assert not torch.equal(torch.get_rng_state(), before)  # afterwards, layers are drawn again


def test_leave_crosses_off():
    weights = some()
    weights.leave("a.weight", "a.bias", "not there")
    weights.finish()


def test_a_library_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)  # Python's own sign that there is no such module
    with pytest.raises(ModuleNotFoundError, match=r"to read their vocabulary: pip install tokenizers$") as told:
        import_tokenizers()
    assert told.value.name == "tokenizers"


def test_a_library_that_lacks_something_itself_says_what(monkeypatch, tmp_path):
    (tmp_path / "tokenizers.py").write_text("import nosuchmodule\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "tokenizers", raising=False)
    with pytest.raises(ModuleNotFoundError, match="No module named 'nosuchmodule'"):
        import_tokenizers()
