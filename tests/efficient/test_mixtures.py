"""The sums of linear attention: the loops with derivatives written by hand mean what the formula means."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import normal
from torch.testing import assert_close

from course_attn import _paths
from course_attn.efficient import mixtures
from course_attn.efficient.mixtures import CausalMixture, Mixture, mix_features, mix_plainly, sound


def features(num_queries, num_keys, batch=(2,), dead=0, dtype=torch.float64):
    """Positive features; the last ``dead`` keys are hidden, the first ``dead`` queries see nothing when causal."""
    query = normal(*batch, num_queries, 5, seed=1, dtype=dtype).exp()
    key = normal(*batch, num_keys, 5, seed=2, dtype=dtype).exp()
    key = torch.cat([torch.zeros_like(key[..., :dead, :]), key[..., dead:, :]], dim=-2)
    return [x.requires_grad_() for x in (query, key, normal(*batch, num_keys, 3, seed=3, dtype=dtype))]


def both(three, size):
    """Value and gradients, by hand and plainly."""
    results = []
    for way in ("hand", "plain"):
        if way == "plain":
            output, total = mix_plainly(*three, size)
        else:
            output, total = Mixture.apply(*three) if size is None else CausalMixture.apply(*three, size)
        assert not total.requires_grad
        upstream = normal(*output.shape, seed=4, dtype=output.dtype)
        results.append((output, total, *torch.autograd.grad(output, three, upstream)))
    return results


@given(st.integers(1, 13), st.integers(1, 17), st.booleans())
def test_by_hand_equals_plain(num_queries, num_keys, all_dead):
    assert_close(*both(features(num_queries, num_keys, dead=num_keys if all_dead else 0), None))


@given(st.integers(1, 19), st.integers(1, 23), st.integers(0, 5))
def test_causal_by_hand_equals_plain(num_places, size, dead):
    """Also with queries at the start that see no key."""
    assert_close(*both(features(num_places, num_places, dead=min(dead, num_places)), size))


def test_float32_is_as_near_as_the_formula():
    three = features(67, 67, dtype=torch.float32)
    exact, _ = mix_plainly(*(x.double() for x in three), 8)
    assert_close(CausalMixture.apply(*three, 8)[0].double(), exact, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [None, 2])
@pytest.mark.parametrize("constant", [None, 0, 1, 2])
def test_first_and_second_derivatives(size, constant):
    three = features(3, 3, batch=(1,))
    if constant is not None:
        three[constant] = three[constant].detach()
    ours = (lambda *x: Mixture.apply(*x)[0]) if size is None else (lambda *x: CausalMixture.apply(*x, size)[0])
    assert torch.autograd.gradcheck(ours, three)
    assert torch.autograd.gradgradcheck(ours, three)


@pytest.mark.parametrize("size", [None, 4])
@pytest.mark.parametrize("batch", [(), (2,), (2, 3), (2, 1, 3)])
def test_any_batch_shape(size, batch):
    three = features(7, 7, batch=batch)
    assert_close(mix_features(*three, size), mix_plainly(*three, size))


@pytest.fixture
def by_hand(monkeypatch):
    """How often a loop by hand was taken."""
    taken = []
    for kind in (Mixture, CausalMixture):
        apply = kind.apply
        monkeypatch.setattr(kind, "apply", lambda *given, apply=apply: (taken.append(1), apply(*given))[1])
    return taken


@pytest.mark.parametrize("size", [None, 4])
@pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")  # torch uses it for derivatives forward
def test_where_the_loop_cannot_be_seen_through_the_formula_is_taken(by_hand, size):
    three = [x.detach() for x in features(7, 7)]
    wanted, _ = mix_features(*three, size)
    assert by_hand == [1]

    def first(query):
        return mix_features(query, *three[1:], size)[0]

    assert_close(torch.func.vmap(first, in_dims=1, out_dims=1)(three[0][:, None])[:, 0], wanted)
    slope = torch.func.grad(lambda query: first(query).square().sum())(three[0])
    leaf = three[0].clone().requires_grad_()
    assert_close(slope, torch.autograd.grad(mix_plainly(leaf, *three[1:], size)[0].square().sum(), leaf)[0])
    direction = torch.ones_like(three[0])
    with torch.autograd.forward_ad.dual_level():
        dual = first(torch.autograd.forward_ad.make_dual(three[0], direction))
        tangent = torch.autograd.forward_ad.unpack_dual(dual).tangent
    step = 1e-6
    by_steps = (first(three[0] + step * direction) - first(three[0] - step * direction)) / (2 * step)
    assert_close(tangent, by_steps, rtol=1e-5, atol=1e-8)
    del by_hand[1:]
    mix_features(*(x.bfloat16() for x in three), size)
    with torch.autocast("cpu", torch.bfloat16):
        mix_features(*(x.float() for x in three), size)
    mix_features(three[0], three[1][:1], three[2], size)  # keys shared by the batch: not copied
    assert len(by_hand) == 1


def test_the_loop_is_taken_for_floats_on_a_cpu():
    assert _paths.derivative_by_hand_pays(torch.zeros(1))
    assert not _paths.derivative_by_hand_pays(torch.zeros(1, device="meta"))
    assert mixtures.mix_features(*features(3, 3), 2)[0].grad_fn is not None


@pytest.mark.parametrize("hand", [True, False])
def test_denominators_tell_what_they_can_not_do(monkeypatch, hand):
    """Too small, too large, or a key or value at the end that is not finite; dead queries have 0."""
    monkeypatch.setattr(mixtures, "derivative_by_hand_pays", lambda x: hand)
    query, key, value = (x.detach().float() for x in features(7, 7, dead=2))
    dead = torch.arange(7)[:, None] < 2
    for size in (None, 2):
        _, total = mix_features(query, key, value, size)
        assert sound(total, dead if size else None)
        assert sound(total, None) == (size is None)  # the first two see nothing
        for factor in (1e-20, 1e20):
            assert not sound(mix_features(query * factor, key * factor, value, size)[1], dead)
    for which in (1, 2):
        for bad in (math.nan, math.inf):
            three = [query, key.clone(), value.clone()]
            three[which][:, 6, 1] = bad
            output, total = mix_features(*three, 2)
            assert not sound(total, dead)
            assert output[:, :6].isfinite().all()
    assert sound(total.to("meta"), None)


@pytest.mark.parametrize("size", [None, 4])
def test_inputs_are_left_as_they_are(size):
    three = features(7, 7, dead=2)
    before = [x.detach().clone() for x in three]
    both(three, size)
    assert_close([x.detach() for x in three], before, rtol=0, atol=0)
