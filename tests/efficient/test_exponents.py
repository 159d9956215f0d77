"""Linear attention from logarithms of features: the same shares, wherever the logarithms lie."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import normal
from torch.testing import assert_close

from course_attn.efficient.exponents import mix_by_halves, past_alone, shifted
from course_attn.efficient.mixtures import mix_features


def logarithms(num_queries, num_keys, scale=1.0, batch=(2,)):
    tensors = (
        scale * normal(*batch, num_queries, 5, seed=1),
        scale * normal(*batch, num_keys, 5, seed=2),
        normal(*batch, num_keys, 3, seed=3),
    )
    return [x.requires_grad_() for x in tensors]


def by_pairs(query, key, value, visible):
    """Every pair's kernel by its logarithm."""
    scores = torch.logsumexp(query[..., :, None, :] + key[..., None, :, :], dim=-1).masked_fill(~visible, -math.inf)
    return torch.softmax(scores, dim=-1) @ value


def with_gradients(output, three):
    return output, *torch.autograd.grad(output, three, normal(*output.shape, seed=4))


scales = st.sampled_from([0.1, 3.0, 500.0, 1e5])


@given(st.integers(1, 23), scales)
def test_halves_are_the_formula_in_value_and_gradient(num_places, scale):
    three = logarithms(num_places, num_places, scale)
    visible = torch.ones(num_places, num_places).tril().bool()
    assert_close(with_gradients(mix_by_halves(*three), three), with_gradients(by_pairs(*three, visible), three))


@given(st.integers(1, 13), st.integers(1, 17), scales)
def test_shifted_powers_are_the_formula_in_value_and_gradient(num_queries, num_keys, scale):
    three = logarithms(num_queries, num_keys, scale)
    query, key = shifted(*three[:2])
    assert query.max() <= 1
    assert key.max() <= 1
    assert (query @ key.mT).sum(-1).min() >= 1 - 1e-9
    ours = mix_features(query, key, three[2])[0]
    visible = torch.ones(num_queries, num_keys, dtype=torch.bool)
    assert_close(with_gradients(ours, three), with_gradients(by_pairs(*three, visible), three))


def test_by_hand():
    """Features e^-900 everywhere: equal shares. Then one key of e^-899, for which only the second query asks."""
    low, value = torch.full((1, 2, 2), -900.0), torch.tensor([[[1.0], [3.0]]])
    assert_close(mix_features(*shifted(low, low), value)[0], torch.tensor([[[2.0], [2.0]]]))
    assert_close(mix_by_halves(low, low, value), torch.tensor([[[1.0], [2.0]]]))
    key, query = low.clone(), low.clone()
    key[0, 1, 0], query[0, 1, 1] = -899.0, -1e4
    share = math.e / (math.e + 1)
    assert_close(mix_by_halves(query, key, value), torch.tensor([[[1.0], [3 * share + 1 - share]]]))


@pytest.mark.parametrize("hidden", [(0, 1, 2), (3,), (6,), tuple(range(7))])
def test_hidden_keys(hidden):
    query, key, value = (x.detach() for x in logarithms(7, 7, 400.0))
    key[..., hidden, :] = -math.inf
    visible = torch.ones(7, 7).tril().bool()
    visible[:, hidden] = False
    dead = ~visible.any(-1)
    three = [x.requires_grad_() for x in (query, key, value)]
    output, *gradients = with_gradients(mix_by_halves(*three), three)
    assert not output[:, dead].any()
    assert all(g.isfinite().all() for g in gradients)
    assert not gradients[1][:, hidden].any()
    assert_close(output[:, ~dead], by_pairs(query, key, value, visible)[:, ~dead])
    assert not mix_features(*shifted(query, torch.full_like(key, -math.inf)), value)[0].any()


def test_gradcheck():
    three = [x[:, :3, :2].detach().requires_grad_() for x in logarithms(3, 3, batch=(1,))]
    assert torch.autograd.gradcheck(mix_by_halves, three)
    assert torch.autograd.gradgradcheck(mix_by_halves, three)


def test_keys_shared_by_the_batch():
    query, key, value = (x.detach() for x in logarithms(7, 7))
    shared = mix_by_halves(query, key[0], value[0])
    assert_close(shared, mix_by_halves(query, key[:1].expand_as(key), value[:1].expand_as(value)))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_the_past_is_left_alone(bad, which):
    results = []
    for held in (bad, 0.0):
        three = [x.detach() for x in logarithms(7, 7)]
        three[which][0, 4] = held
        three = [x.requires_grad_() for x in three]
        output = past_alone(mix_by_halves, *three)
        touched = torch.zeros(2, 7, dtype=torch.bool)
        touched[0, 4 : 5 if which == 0 else 7] = True
        assert held == 0.0 or torch.equal(~output.isfinite().any(-1), touched)
        results.append((output[~touched], *torch.autograd.grad(output[~touched].square().sum(), three)))
    assert_close(*results)
