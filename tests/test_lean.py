"""A decoder taken apart: the same scores as the modules, and the modules again when someone watches them."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from course_attn.attention import attention
from course_attn.blocks import GatedFeedForward
from course_attn.decoding import PromptSteps, SourceSteps
from course_attn.language_model import CausalLanguageModel
from course_attn.lean import lean_language_model, lean_transformer
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import AlibiBias, LearnedPositions, Rotary, SinusoidalPositions
from course_attn.recording import record_weights
from course_attn.transformer import Transformer

V, D, HEADS, D_FF, ROWS, LENGTH, PAD = 11, 12, 3, 17, 3, 7, 0


class Doubled(nn.Module):
    """Positions that are no table."""

    def forward(self, x, start=0):
        places = torch.arange(start, start + x.shape[1], dtype=x.dtype)
        return x * 2 + torch.outer(places, torch.linspace(-1, 1, x.shape[2], dtype=x.dtype) ** 2)


POSITIONS = {
    "sines": lambda: SinusoidalPositions(D),
    "learned": lambda: LearnedPositions(LENGTH, D),
    "another module": Doubled,
    "none": lambda: None,
}


def transformer(positions="sines", norm="before"):
    torch.manual_seed(3)
    model = Transformer(V, V, D, HEADS, D_FF, 2, positions=POSITIONS[positions](), norm=norm).double()
    return randomised(model).eval()


def randomised(model):
    """Also what starts as zeros and ones: biases, norms."""
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    return model


def sources():
    source = torch.randint(1, V, (ROWS, 5), generator=torch.Generator().manual_seed(5))
    source[1, 3:] = PAD
    return source


def tokens():
    return torch.randint(1, V, (ROWS, LENGTH), generator=torch.Generator().manual_seed(6))


def check_every_step(steps, model, whole, monkeypatch):
    """One token at a time; after the first, the model's own ways are closed."""
    assert_close(steps(tokens()[:, :1]), whole[:, 0])
    with monkeypatch.context() as closed:
        closed.setattr(type(model), "decode", None, raising=False)
        closed.setattr(type(model), "forward", None)
        for i in range(1, LENGTH):
            assert_close(steps(tokens()[:, i : i + 1]), whole[:, i])


@pytest.mark.parametrize("norm", ["before", "after"])
@pytest.mark.parametrize("positions", POSITIONS)
def test_scores_are_those_of_the_modules(positions, norm, monkeypatch):
    model = transformer(positions, norm)
    check_every_step(SourceSteps(model, sources(), LENGTH), model, model(sources(), tokens()), monkeypatch)


def with_other_parts(kind, model):
    """Replace one part of the first block."""
    block = model.decoder.blocks[0]
    if kind == "attend":
        block.attention.attend = block.cross_attention.attend = lambda q, k, v, mask: attention(q, k, v, mask)
    elif kind == "gated":
        block.feed_forward = GatedFeedForward(D, D_FF)
    elif kind == "rms norm":
        block.around_attention.norm = nn.RMSNorm(D, eps=1e-3)
    else:
        options = {"rotary": {"rotate": Rotary(D // HEADS)}, "bias": {"score_bias": AlibiBias(HEADS)}}
        options |= {"shared heads": {"num_kv_heads": 1}}
        block.attention = MultiHeadAttention(D, HEADS, **options[kind])
    return randomised(model.double()).eval()


@pytest.mark.parametrize("kind", ["attend", "gated", "rms norm", "rotary", "bias", "shared heads"])
def test_parts_of_another_kind_are_called_as_they_are(kind, monkeypatch):
    model = with_other_parts(kind, transformer())
    check_every_step(SourceSteps(model, sources(), LENGTH), model, model(sources(), tokens()), monkeypatch)


@pytest.mark.parametrize("num_kv_heads", [1, 3])
def test_language_model(num_kv_heads, monkeypatch):
    model = CausalLanguageModel(
        V, D, HEADS, D_FF, 2, positions=SinusoidalPositions(D),
        make_attention=lambda: MultiHeadAttention(D, HEADS, num_kv_heads=num_kv_heads),
    ).double()  # fmt: skip
    model = randomised(model).eval()
    check_every_step(PromptSteps(model, ROWS, LENGTH), model, model(tokens()), monkeypatch)


def test_an_attention_set_in_the_middle_is_used():
    model, calls = transformer(), []
    whole = model(sources(), tokens())
    steps = SourceSteps(model, sources(), LENGTH)
    for i in range(3):
        steps(tokens()[:, i : i + 1])

    def mine(query, key, value, mask):
        calls.append(key.shape[2])
        return attention(query, key, value, mask)

    for block in model.decoder.blocks:
        block.attention.attend = block.cross_attention.attend = mine
    assert_close(steps(tokens()[:, 3:4]), whole[:, 3])
    assert calls == [4, 5, 4, 5]  # four places of the target, five of the source; two blocks


def test_weights_of_a_decoding_model_can_be_recorded():
    model = transformer()
    steps, plain = SourceSteps(model, sources(), LENGTH), SourceSteps(model, sources(), LENGTH)
    for i in range(LENGTH):
        wanted = plain(tokens()[:, i : i + 1])
        if i in (2, 4):
            with record_weights(model) as records:
                assert_close(steps(tokens()[:, i : i + 1]), wanted)
            assert records["decoder.blocks.1.attention"].shape == (ROWS, HEADS, 1, i + 1)
            assert records["decoder.blocks.0.cross_attention"].shape == (ROWS, HEADS, 1, 5)
        else:
            assert_close(steps(tokens()[:, i : i + 1]), wanted)


@pytest.mark.parametrize("kind", ["register_forward_hook", "register_forward_pre_hook"])
def test_hooks_are_called_and_cost_nothing_once_removed(kind, monkeypatch):
    model, seen = transformer(), []
    steps = SourceSteps(model, sources(), LENGTH)
    steps(tokens()[:, :1])
    norm = model.decoder.blocks[1].around_feed_forward.norm
    handle = getattr(norm, kind)(lambda *_: seen.append(1))
    steps(tokens()[:, 1:2])
    assert seen == [1]
    steps(tokens()[:, 2:3])
    assert seen == [1, 1]
    handle.remove()
    monkeypatch.setattr(Transformer, "decode", None)
    steps(tokens()[:, 3:4])


def test_weights_changed_in_place_are_seen():
    model = transformer()
    steps = SourceSteps(model, sources(), LENGTH)
    steps(tokens()[:, :1])
    before = steps(tokens()[:, 1:2])
    with torch.no_grad():
        model.target_embedding.weight[2] += 1
    steps.caches[0].length = steps.caches[1].length = 1
    after = steps(tokens()[:, 1:2])
    assert (before != after)[:, 2].all()


def test_another_class_is_not_taken_apart():
    class Other(Transformer):
        def decode(self, *args, **kwargs):
            return super().decode(*args, **kwargs) + 1

    torch.manual_seed(3)
    model = Other(V, V, D, HEADS, D_FF, 2, positions=None).double().eval()
    assert lean_transformer(model, [], torch.zeros(1), None, []) is None
    assert lean_language_model(model, []) is None
    steps, whole = SourceSteps(model, sources(), LENGTH), model(sources(), tokens())
    for i in range(LENGTH):
        assert_close(steps(tokens()[:, i : i + 1]), whole[:, i])


class Twice(nn.Module):
    """Around a part: its result twice."""

    def __init__(self, part):
        super().__init__()
        self.part = part

    def __getattr__(self, name):
        return super().__getattr__(name) if name == "part" else getattr(self.part, name)

    def forward(self, *args, **options):
        return 2 * self.part(*args, **options)


def patched(model, path):
    part = model.get_submodule(path)
    was = part.forward
    part.forward = lambda *args, **options: 2 * was(*args, **options)


def of_another_class(model, path):
    part = model.get_submodule(path)
    was = type(part).forward
    part.__class__ = type("Other", (type(part),), {"forward": lambda *args, **options: 2 * was(*args, **options)})


def wrapped(model, path):
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, Twice(model.get_submodule(path)))


# All that a step meets, in one of the two blocks; the list of blocks itself is never called.
PARTS = [
    *("target_embedding", "target_positions", "dropout", "decoder", "decoder.final_norm", "decoder.blocks.0"),
    *(f"decoder.blocks.0.{name}" for name, _ in transformer().decoder.blocks[0].named_modules() if name),
]


@pytest.mark.parametrize("change", [patched, of_another_class, wrapped])
@pytest.mark.parametrize("path", PARTS)
def test_whatever_stands_for_a_part_is_called(path, change):
    model = transformer("another module")
    change(model, path)
    with torch.no_grad():
        whole = model(sources(), tokens())
    steps = SourceSteps(model, sources(), LENGTH)
    for i in range(LENGTH):
        assert_close(steps(tokens()[:, i : i + 1]), whole[:, i])


def test_hooks_of_all_modules_are_called():
    steps, seen = SourceSteps(transformer(), sources(), LENGTH), []
    steps(tokens()[:, :1])
    with nn.modules.module.register_module_forward_hook(lambda module, *_: seen.append(type(module))):
        steps(tokens()[:, 1:2])
    assert nn.LayerNorm in seen


@pytest.mark.parametrize(
    ("newest", "message"),
    [
        (torch.full((ROWS, 1), V), f"TokenEmbedding: tokens must be from 0 to {V - 1}, got {V} to {V}"),
        (torch.full((ROWS, 1), -1), "TokenEmbedding: tokens must be from 0"),
        (torch.zeros(ROWS, 1), r"TokenEmbedding: tokens must be int64 numbers of shape \(B, N\)"),
        (torch.ones(1, 1, dtype=torch.long), "must be of shape"),
    ],
)
def test_bad_tokens_get_the_modules_message(newest, message):
    steps = SourceSteps(transformer(), sources(), LENGTH)
    steps(tokens()[:, :1])
    with pytest.raises(ValueError, match=message):
        steps(newest)
