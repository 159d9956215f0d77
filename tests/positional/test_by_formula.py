"""Tables by formula are right whatever was done to the module."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.testing import assert_close

from course_attn.positional import (
    AlibiBias,
    RelativeBias2d,
    Rotary,
    Sines2d,
    SinusoidalPositions,
    alibi_slopes,
    sines_2d,
    sinusoidal_encoding,
)


def longer(layer):
    """It has grown: the first 20 places and more."""
    layer(torch.zeros(1, 20, 12, dtype=layer.table.dtype, device=layer.table.device))
    return layer


def by_pairs():
    """Numbers of a 2 x 3 grid's steps, and of the token in front."""
    places = [(y, x) for y in range(2) for x in range(3)]
    rows = [[17] + [15] * 6]
    rows += [[16] + [(b - y + 1) * 5 + (a - x + 2) for b, a in places] for y, x in places]
    return torch.tensor(rows)


# What is made, the name of its table, and the table of a dtype.
KINDS = {
    "sines": (
        lambda: longer(SinusoidalPositions(12)),
        "table",
        lambda dtype: sinusoidal_encoding(40, 12, dtype=dtype),
    ),
    "sines 2d": (
        lambda: Sines2d((5, 7), 12, 1),
        "table",
        lambda dtype: nn.functional.pad(sines_2d(5, 7, 12, dtype=dtype), (0, 0, 1, 0)),
    ),
    "alibi": (lambda: AlibiBias(6), "slopes", lambda dtype: alibi_slopes(6, dtype=dtype)),
    "steps on a grid": (lambda: RelativeBias2d(3, (2, 3), 1), "index", lambda dtype: by_pairs()),
}


def on_meta_and_back(layer):
    return layer.to("meta").to_empty(device="cpu")


def assigned(layer):
    """As large models are loaded: made without memory, then given what was stored."""
    state = layer.state_dict()
    empty = copy.deepcopy(layer).to("meta")
    empty.load_state_dict(state, assign=True)
    return empty


WAYS = {
    "half and back": (lambda layer: layer.half().float(), torch.float32),
    "bfloat16 and back": (lambda layer: layer.bfloat16().to(torch.float32), torch.float32),
    "half": (lambda layer: layer.half(), torch.float16),
    "double": (lambda layer: layer.double(), torch.float64),
    "half to double": (lambda layer: layer.half().to(torch.float64), torch.float64),
    "meta and back": (on_meta_and_back, torch.float32),
    "assigned": (assigned, torch.float32),
    "assigned, then moved": (lambda layer: assigned(layer).to("cpu", torch.float64), torch.float64),
    "copied": (copy.deepcopy, torch.float32),
    "copied, half and back": (lambda layer: copy.deepcopy(layer.half()).float(), torch.float32),
    "pickled": (lambda layer: pickle.loads(pickle.dumps(layer.half())).float(), torch.float32),
    "within another": (lambda layer: nn.Sequential(layer).half().float()[0], torch.float32),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_table_is_the_formulas(kind, way):
    make, name, wanted = KINDS[kind]
    change, dtype = WAYS[way]
    layer = change(make())
    assert_close(getattr(layer, name), wanted(dtype), rtol=0, atol=0)
    assert name not in layer.state_dict()
    assert [buffer for buffer, _ in layer.named_buffers()] == [name]


@pytest.mark.parametrize("kind", KINDS)
def test_on_meta_it_is_on_meta(kind):
    make, name, _ = KINDS[kind]
    layer = make().to("meta")
    assert getattr(layer, name).is_meta
    empty = copy.deepcopy(layer)
    empty.load_state_dict(layer.state_dict())  # nothing is assigned
    assert getattr(empty, name).is_meta


def test_weights_beside_a_table_are_converted_as_weights_are():
    layer = RelativeBias2d(3, (2, 3))
    with torch.no_grad():
        layer.table.copy_(torch.rand(layer.table.shape))
    wanted = layer.table.detach().half().float()
    assert torch.equal(layer.half().float().table, wanted)


def test_a_conversion_that_fails_leaves_the_table():
    layer = AlibiBias(6)

    def fails(_):
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        layer._apply(fails)
    assert_close(layer.slopes, alibi_slopes(6))


@pytest.mark.parametrize("make", [lambda: SinusoidalPositions(12), lambda: Rotary(12)], ids=["sines", "rotary"])
def test_a_table_that_only_pretends_does_not_stay(make):
    """Made for one call without numbers, as tools do that only ask for shapes."""
    layer = make()
    call = layer.rotate if isinstance(layer, Rotary) else layer
    before = layer._table if isinstance(layer, Rotary) else layer.table
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        assert call(mode.from_tensor(torch.ones(1, 20, 12))).shape == (1, 20, 12)
    assert (layer._table if isinstance(layer, Rotary) else layer.table) is before
    again = make()
    wanted = (again.rotate if isinstance(layer, Rotary) else again)(torch.ones(1, 20, 12))
    assert_close(call(torch.ones(1, 20, 12)), wanted)


def test_a_table_grown_in_inference_mode_serves_training():
    layer = SinusoidalPositions(12)
    with torch.inference_mode():
        longer(layer)
    assert not layer.table.is_inference()
