"""A call that raises leaves every cache as it was; and what else can be done to a cache."""

import re
from functools import partial

import pytest
import torch
from specification import normal
from torch import nn
from torch.testing import assert_close

from course_attn.blocks import DecoderBlock, EncoderBlock, FeedForward
from course_attn.cache import KeyValueCache, undone_by_errors
from course_attn.decoding import PromptSteps, SourceSteps, beam_search, greedy_decode
from course_attn.language_model import CausalLanguageModel
from course_attn.multi_head import MultiHeadAttention
from course_attn.transformer import Transformer

B, D, H = 2, 8, 2


def attention(**options):
    return MultiHeadAttention(D, H, **options).double().eval()


def cache(length=7, batch=B, dtype=torch.float64):
    return KeyValueCache(batch, length, H, D // H, dtype=dtype)


def fails(*_, **__):
    raise RuntimeError("deep inside")


@pytest.mark.parametrize("seen", [0, 3])
@pytest.mark.parametrize(
    "wrong",
    [
        {"mask": torch.ones(2, 3, 3, dtype=torch.bool)},  # the heads axis is missing
        {"mask": torch.ones(3, 2, dtype=torch.bool)},
        {"attend": lambda *_: None},
        {"attend": lambda query, key, value, mask: (value, value)},
        {"attend": fails},
        {"score_bias": lambda num_queries, num_keys: torch.zeros(1)},
        {"score_bias": fails},
    ],
)
def test_a_refused_call_of_the_layer(seen, wrong):
    layer, x, kept = attention(), normal(B, 3, D), cache()
    if seen:
        layer(normal(B, seen, D, seed=1), is_causal=True, cache=kept)
    parts = {name: part for name, part in wrong.items() if name != "mask"}
    for name, part in parts.items():
        setattr(layer, name, part)
    with pytest.raises((ValueError, RuntimeError)):
        layer(x, mask=wrong.get("mask"), is_causal=True, cache=kept)
    for name in parts:
        setattr(layer, name, None)
    assert kept.length == seen
    mended = layer(x, is_causal=True, cache=kept)
    past = [normal(B, seen, D, seed=1)] if seen else []
    assert_close(mended, layer(torch.cat([*past, x], dim=1), is_causal=True)[:, seen:])


def test_an_error_in_the_last_projection():
    layer, kept = attention(), cache()
    layer.output.register_forward_hook(fails)
    with pytest.raises(RuntimeError, match="deep inside"):
        layer(normal(B, 3, D), cache=kept)
    assert kept.length == 0


def test_a_refused_call_with_a_context():
    layer, x, context, kept = attention(d_context=5), normal(B, 3, D), normal(B, 4, 5), cache()
    for wrong in (torch.ones(3, 3, dtype=torch.bool), torch.ones(B, 3, 4, dtype=torch.bool)):
        with pytest.raises(ValueError, match="mask must be broadcastable"):
            layer(x, context, wrong, cache=kept)
    with pytest.raises(ValueError, match="context must be of at least N = 5 rows"):
        layer(normal(B, 5, D), context, is_causal=True, cache=kept)
    assert kept.length == 0
    assert_close(layer(x, context, cache=kept), layer(x, context))
    with pytest.raises(ValueError, match=re.escape("the scores, (2, 2, 3, 4)")):  # as many keys as in the cache
        layer(x, context, torch.ones(3, 3, dtype=torch.bool), cache=kept)


def language_model():
    return CausalLanguageModel(11, D, H, 16, 2, positions=None).double().eval()


def transformer():
    return Transformer(11, 11, D, H, 16, 2, positions=None).double().eval()


TOKENS = torch.tensor([[1, 2, 3], [4, 5, 6]])


def broken(part):
    """A layer of the second block, and it raises: the first block has written to its cache by then."""
    part.forward = fails


@pytest.mark.parametrize("place", ["attention", "feed_forward", "final_norm", "scores"])
def test_an_error_in_a_later_layer_of_a_language_model(place):
    model, caches = language_model(), [cache(), cache()]
    model(TOKENS[:, :1], caches=caches)
    block = model.decoder.blocks[1]
    parts = {"attention": block.attention, "feed_forward": block.feed_forward, "final_norm": model.decoder.final_norm}
    if place == "scores":
        model.embedding.scores = fails
    else:
        broken(parts[place])
    with pytest.raises(RuntimeError, match="deep inside"):
        model(TOKENS[:, 1:], caches=caches)
    assert [kept.length for kept in caches] == [1, 1]
    steps = PromptSteps(model, B, 7)
    with pytest.raises(RuntimeError, match="deep inside"):
        steps(TOKENS)
    assert [kept.length for kept in steps.caches] == [0, 0]


@pytest.mark.parametrize("place", ["attention", "cross_attention", "feed_forward"])
def test_an_error_in_a_later_layer_of_a_decoder(place):
    model = transformer()
    memory, mask = model.encode(TOKENS)
    caches, memories = [cache(), cache()], [cache(), cache()]
    broken(getattr(model.decoder.blocks[1], place))
    with pytest.raises(RuntimeError, match="deep inside"):
        model.decode(TOKENS, memory, mask, caches=caches, memory_caches=memories)
    assert [kept.length for kept in (*caches, *memories)] == [0] * 4


def test_an_error_in_a_block():
    encoder = EncoderBlock(D, attention(), FeedForward(D, 16)).double()
    decoder = DecoderBlock(D, attention(), attention(), FeedForward(D, 16)).double()
    for block in (encoder, decoder):
        broken(block.feed_forward)
    three = [cache() for _ in range(3)]
    with pytest.raises(RuntimeError, match="deep inside"):
        encoder(normal(B, 3, D), cache=three[0])
    with pytest.raises(RuntimeError, match="deep inside"):
        decoder(normal(B, 3, D), normal(B, 4, D), cache=three[1], memory_cache=three[2])
    assert [kept.length for kept in three] == [0, 0, 0]


@pytest.mark.parametrize("cached", [True, False])
def test_steps_that_raise_remember_nothing(cached, monkeypatch):
    """The lean way and the way through the modules, with caches and without."""
    for model, make in (
        (language_model(), lambda model: PromptSteps(model, B, 7, cached=cached)),
        (transformer(), lambda model: SourceSteps(model, TOKENS, 7, cached=cached)),
    ):
        wanted, steps = make(model), make(model)
        wanted(TOKENS[:, :2])
        steps(TOKENS[:, :2])
        with pytest.raises(ValueError, match="tokens must be from 0 to 10"):
            steps(torch.full((B, 1), 11))
        with pytest.raises(ValueError, match="tokens must be from 0 to 10"):
            steps(torch.full((B, 2), 11))
        with monkeypatch.context() as patch:
            patch.setattr(nn.functional, "relu", fails)
            for block in model.decoder.blocks[1:]:
                patch.setattr(block.feed_forward, "activation", fails)
            with pytest.raises(RuntimeError, match="deep inside"):
                make(model)(TOKENS[:, :1])
        assert_close(steps(TOKENS[:, 2:]), wanted(TOKENS[:, 2:]))


def test_a_lean_step_that_raises_leaves_the_caches(monkeypatch):
    steps = PromptSteps(language_model(), B, 7)
    steps(TOKENS)
    monkeypatch.setattr("course_attn.lean.one_query", fails)
    with pytest.raises(RuntimeError, match="deep inside"):
        steps(TOKENS[:, :1])
    assert [kept.length for kept in steps.caches] == [3, 3]


def test_a_refused_search_leaves_the_caches():
    steps = PromptSteps(language_model(), B, 7)
    with pytest.raises(ValueError, match="pad must be a token, from 0 to 10"):
        beam_search(steps, TOKENS, 3, 2, pad=11)
    assert [kept.length for kept in steps.caches] == [0, 0]


def interrupted_third(model):
    """A hook: the final norm's third call is Ctrl+C."""
    calls = []

    def hook(*_):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    return model.decoder.final_norm.register_forward_hook(hook)


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("find", [greedy_decode, partial(beam_search, num_beams=1), partial(beam_search, num_beams=3)])
def test_a_search_that_raises_on_its_way_can_be_made_again(find, cached):
    """Also where a beam has made other rows of those at the start."""
    for model, make, embedding in (
        (language_model(), lambda model: PromptSteps(model, B, 7, cached=cached), "embedding"),
        (transformer(), lambda model: SourceSteps(model, TOKENS, 7, cached=cached), "target_embedding"),
    ):
        wanted, steps = find(make(model), TOKENS, 3), make(model)
        hook = interrupted_third(model)
        with pytest.raises(KeyboardInterrupt):
            find(steps, TOKENS, 4)
        hook.remove()
        weight = getattr(model, embedding).weight.data
        before = weight.clone()
        weight.fill_(torch.nan)
        with pytest.raises(ValueError, match="must be numbers, got NaN"):
            find(steps, TOKENS, 4)
        weight.copy_(before)
        if cached:
            with pytest.raises(ValueError, match="at most 7 places"):
                find(steps, TOKENS, 9)
        assert_close(find(steps, TOKENS, 3), wanted)


@pytest.mark.parametrize(
    ("caches", "got"),
    [
        (lambda: [cache()], "got list [<"),
        (lambda: [cache() for _ in range(3)], "got list [<"),
        (lambda: [cache()] * 2, "got 2, not all different"),
        (list, "got list []"),
        (cache, "got KeyValueCache <"),
    ],
)
def test_each_block_has_a_cache_of_its_own(caches, got):
    message = re.escape(f"caches must be a list of 2 caches, one for each block, {got}")
    given, x = caches(), normal(B, 3, D)
    for call in (
        lambda: language_model()(TOKENS, caches=given),
        lambda: transformer().decode(TOKENS, x, None, caches=given),
        lambda: transformer().decode(TOKENS, x, None, memory_caches=given),
        lambda: transformer().decoder(x, x, caches=given),
        lambda: transformer().decoder(x, x, memory_caches=given),
        lambda: transformer().encoder(x, caches=given),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_a_cache_is_no_list():
    with pytest.raises(ValueError, match=r"cache must be a KeyValueCache, or None, got list \[<"):
        attention()(normal(B, 3, D), cache=[cache()])


def test_undone_by_any_error():
    kept, key = cache(), normal(B, H, 2, D // H)

    @undone_by_errors(None, kept)
    def interrupted():
        kept.append(key, key)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert kept.length == 0
    with undone_by_errors(kept):
        kept.append(key, key)
    assert kept.length == 2


# ---------------------------------------------------------------- dtypes, devices, modes


def test_two_training_steps_through_one_cache():
    """Each has the gradient of its own queries, and of keys and values none: they are those of the cache."""
    layer, kept, pieces = attention(), cache(), normal(B, 4, D).split(2, dim=1)
    outputs = [layer(x, is_causal=True, cache=kept) for x in pieces]
    sum(y.sum() for y in outputs).backward()
    together = layer.qkv.weight.grad.clone()
    layer.zero_grad()
    kept.reset()
    for x in pieces:
        layer(x, is_causal=True, cache=kept).sum().backward()
    assert_close(layer.qkv.weight.grad, together)
    assert together[:D].any()
    assert not together[D:].any()


def test_a_cache_made_while_only_inferring_can_be_used_afterwards():
    layer, x = attention(), normal(B, 3, D)
    with torch.inference_mode():
        kept = cache()
        layer(x[:, :1], is_causal=True, cache=kept)
        kept.reorder(torch.tensor([0, 1, 1]))
        kept.reorder(torch.tensor([0, 1]))
    output = layer(x[:, 1:], is_causal=True, cache=kept)
    output.sum().backward()
    assert_close(output, layer(x, is_causal=True)[:, 1:])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda: cache(dtype=torch.float16), "be of the query's dtype, float64, got shape (2, 2, 7, 4), float16"),
        (lambda: cache(batch=3), "be of shape (2, h_kv, max_length, 4), got shape (3, 2, 7, 4), float64"),
        (lambda: KeyValueCache(B, 7, 1, 8, dtype=torch.float64), "be of shape (2, h_kv, max_length, 4), got"),
        (lambda: KeyValueCache(B, 7, 3, 4, dtype=torch.float64), "be of h_kv heads that divide 2, got shape (2, 3, 7"),
    ],
)
def test_a_context_in_the_cache_of_another_layer(other, message):
    layer, x, context, kept = attention(d_context=5), normal(B, 3, D), normal(B, 4, 5), other()
    batch, heads, _, width = kept._key.shape
    filling = torch.zeros(batch, heads, 4, width, dtype=kept._key.dtype)
    kept.append(filling, filling)
    with pytest.raises(ValueError, match=re.escape(f"KeyValueCache.view: the cache must {message}")):
        layer(x, context, cache=kept)
