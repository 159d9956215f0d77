"""Performer: random features whose dot products are, on average, the softmax kernel."""

import math

import pytest
import torch
from specification import normal
from torch.testing import assert_close

from course_attn.attention import attention
from course_attn.efficient import Performer, positive_features, random_projection

WIDTH = 11


def generator(seed):
    return torch.Generator().manual_seed(seed)


def test_features_by_hand():
    x, projection = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    # exp(1 - 5/2) and exp(0 - 5/2), over the root of two features.
    assert_close(positive_features(x, projection), torch.tensor([[-1.5, -2.5]]).exp() / math.sqrt(2))
    assert_close(positive_features(x, projection, shift=-2.5), torch.tensor([[1.0, 0.0]]).exp() / math.sqrt(2))


def test_directions_are_orthogonal_in_blocks_and_as_long_as_gaussian_vectors():
    projection = random_projection(3 * WIDTH + 2, WIDTH, generator(0)).double()
    for start in (0, WIDTH, 2 * WIDTH, 3 * WIDTH):
        block = torch.nn.functional.normalize(projection[start : start + WIDTH], dim=1)
        assert_close(block @ block.T, torch.eye(len(block), dtype=torch.float64), atol=1e-5, rtol=0)
    squared = random_projection(5000, WIDTH, generator(1)).square().sum(1)
    assert abs(squared.mean() - WIDTH) < 0.3  # chi-squared: mean d, deviation of this mean sqrt(2 d / 5000) = 0.07
    assert abs(squared.var() - 2 * WIDTH) < 2.5


def test_directions_have_no_preferred_sign():
    many = random_projection(7000, 7, generator(2))
    assert many.mean(0).abs().max() < 0.05  # deviation of each mean: 1 / sqrt(7000) = 0.012


def test_the_kernel_is_right_on_average():
    q, k = 0.5 * normal(3, WIDTH, seed=1), 0.5 * normal(5, WIDTH, seed=2)
    estimates = torch.stack(
        [
            positive_features(q, projection) @ positive_features(k, projection).T
            for projection in (random_projection(64, WIDTH, generator(seed)).double() for seed in range(400))
        ]
    )
    error = estimates.mean(0) - (q @ k.T).exp()
    deviation = estimates.std(0) / math.sqrt(400)
    assert (error.abs() < 4.5 * deviation).all(), "unbiased: within what chance allows"


def sizes(scale=1.0):
    return scale * normal(2, 13, WIDTH, seed=1), scale * normal(2, 17, WIDTH, seed=2), normal(2, 17, 3, seed=3)


def mean_error(num_features, scale=0.3):
    query, key, value = sizes(scale)
    exact, _ = attention(query, key, value)
    errors = [(Performer(WIDTH, num_features, seed)(query, key, value) - exact).square().mean() for seed in range(20)]
    return float(torch.stack(errors).mean().sqrt())


def test_the_error_falls_as_the_root_of_the_features():
    errors = {m: mean_error(m) for m in (16, 256, 4096)}
    assert errors[4096] < 0.005
    # 16 times the features: a quarter of the error. Chance moves the ratio; these bounds are far from both 1 and 16.
    assert 2.7 < errors[16] / errors[256] < 6
    assert 2.7 < errors[256] / errors[4096] < 6


def test_long_vectors_need_many_more_features():
    assert mean_error(256, scale=1.0) > 20 * mean_error(256, scale=0.3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_approximates_causal_attention_and_never_sees_the_future(dtype):
    query, key, value = (
        0.3 * normal(2, 13, width, seed=seed, dtype=dtype) for seed, width in enumerate((WIDTH, WIDTH, 3))
    )
    performer = Performer(WIDTH, 4096)
    output = performer(query, key, value, is_causal=True)
    exact, _ = attention(query, key, value, torch.ones(13, 13).tril().bool())
    assert_close(output, exact, atol=0.01, rtol=0)
    changed = value.clone()
    changed[:, 7:] += 100
    assert torch.equal(performer(query, key, changed, is_causal=True)[:, :7], output[:, :7])
    assert output.dtype == dtype


def test_it_is_the_features_formula():
    query, key, value = sizes()
    performer = Performer(WIDTH, 5)
    root = WIDTH**0.25
    projection = performer.projection.double()
    kernel = positive_features(query / root, projection) @ positive_features(key / root, projection).transpose(1, 2)
    assert_close(performer(query, key, value), kernel / kernel.sum(-1, keepdim=True) @ value)


def test_large_inputs_do_not_overflow():
    query, key, value = (x.float() for x in sizes(scale=30.0))
    assert Performer(WIDTH, 32)(query, key, value).isfinite().all()


@pytest.mark.parametrize("is_causal", [False, True])
def test_far_apart_vectors_still_share(is_causal):
    """No feature in which a query and a key are both near their largest: the shares sum to 1 all the same."""
    query, key = (30 * normal(2, 13, WIDTH, seed=s, dtype=torch.float32) for s in (1, 2))
    output = Performer(WIDTH, 32)(query, key, torch.ones(2, 13, 3), is_causal=is_causal)
    assert_close(output, torch.ones(2, 13, 3))


@pytest.mark.parametrize("bad", [40.0, 1e10, 3e38, math.inf, math.nan])
def test_the_future_cannot_matter_whatever_it_holds(bad):
    """Not even through what is taken off the exponents of all keys."""
    performer, results = Performer(WIDTH, 32), []
    for held in (bad, 0.0):
        three = [normal(2, 13, width, seed=s, dtype=torch.float32) for s, width in enumerate((WIDTH, WIDTH, 3))]
        for x in three[1:]:
            x[0, 7] = held
        three = [x.requires_grad_() for x in three]
        output = performer(*three, is_causal=True)
        rows = torch.ones(2, 13, dtype=torch.bool)
        rows[0, 7:] = False
        results.append((output[rows], *torch.autograd.grad(output[rows].square().sum(), three)))
    assert_close(*results)
    assert not any(g[0, 7:].any() for g in results[0][1:])


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_sums_over_many_keys_in_half_precision(dtype, is_causal):
    three = [normal(1, 3000, width, seed=s, dtype=dtype) for s, width in enumerate((WIDTH, WIDTH, 3))]
    performer = Performer(WIDTH, 32)
    output = performer(*three, is_causal=is_causal)
    assert output.dtype == dtype
    exact = performer(*(x.double() for x in three), is_causal=is_causal)
    assert_close(output.double(), exact, rtol=2 * torch.finfo(dtype).eps, atol=2 * torch.finfo(dtype).eps)


def test_directions_are_stored_and_redrawn():
    one, other = Performer(WIDTH, 7, seed=0), Performer(WIDTH, 7, seed=1)
    assert not torch.equal(one.projection, other.projection)
    other.load_state_dict(one.state_dict())
    assert torch.equal(one.projection, other.projection)
    other.redraw(1)
    assert torch.equal(other.projection, Performer(WIDTH, 7, seed=1).projection)
    assert not list(one.parameters())


def test_gradcheck():
    performer = Performer(2, 3)
    three = tuple(normal(3, 2, seed=s).requires_grad_() for s in range(3))
    assert torch.autograd.gradcheck(performer, three)


def test_it_computes_where_its_weights_are():
    x = normal(2, 7, WIDTH).to("meta")
    assert Performer(WIDTH).to("meta")(x, x, x, is_causal=True).device.type == "meta"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random_projection(0, 3), "random_projection: num_features must be"),
        (lambda: random_projection(3, 0), "random_projection: width must be"),
        (lambda: positive_features(torch.zeros(3, 2), torch.zeros(5, 3)), r"projection must be of shape \(m, 2\)"),
        (lambda: Performer(0), "Performer: d_head must be"),
        (lambda: Performer(3, 0), "Performer: num_features must be"),
        (lambda: Performer(3)(*[torch.zeros(5, 2)] * 3), r"Performer: query must be of shape \(..., N, 3\)"),
        (
            lambda: Performer(3)(torch.zeros(5, 3), torch.zeros(7, 3), torch.zeros(7, 3), is_causal=True),
            "key must be of as many places as query, 5, when is_causal",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: positive_features(torch.zeros(2, 5, 4), torch.zeros(6, 4).double()),
            "positive_features: projection must be of dtype float32, got shape (6, 4), float64",
        ),
        (
            lambda: positive_features(torch.zeros(2, 5, 4), None),
            "positive_features: projection must be a torch.Tensor, got NoneType None",
        ),
        (
            lambda: positive_features(torch.zeros(2, 5, 4), torch.zeros(6, 4), "a"),
            "positive_features: shift must be a finite number, got str 'a'",
        ),
        (lambda: Performer(4, 8, seed=None), "Performer: seed must be a whole number, got NoneType None"),
        (lambda: Performer(4, 8).redraw(1.5), "Performer: seed must be a whole number, got float 1.5"),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)


def test_directions_lie_where_the_generator_is():
    """Also where torch's default device is another: a CPU generator draws on no GPU."""
    wanted = random_projection(5, 3, torch.Generator().manual_seed(1))
    with torch.device("meta"):
        drawn = random_projection(5, 3, torch.Generator().manual_seed(1))
        layer = Performer(3, 5)
    assert torch.equal(drawn, wanted)
    assert layer.projection.device.type == "meta"


def test_another_device_is_named():
    x = torch.zeros(2, 5, 4)
    with pytest.raises(ValueError, match="Performer: query must be on the layer's device, meta, got device cpu"):
        Performer(4, 8).to("meta")(x, x, x)
    with pytest.raises(ValueError, match="shift must be on x's device, cpu, got device meta"):
        positive_features(x, torch.zeros(6, 4), torch.zeros(2, 5, 1, device="meta"))
    assert positive_features(x, torch.zeros(6, 4), torch.tensor(0.5)).shape == (2, 5, 6)
