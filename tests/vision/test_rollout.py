"""Attention rollout."""

import pytest
import torch
from specification import normal
from torch.testing import assert_close

from course_attn.vision.rollout import attention_rollout


def test_by_hand():
    # One head, two tokens; the first layer swaps them, the second looks at token 0 only.
    first = torch.tensor([[[[0.0, 1.0], [1.0, 0.0]]]])
    second = torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]])
    assert_close(attention_rollout([first]), torch.tensor([[[0.5, 0.5], [0.5, 0.5]]]))
    quarter = torch.tensor([[[0.0, 1.0], [0.0, 1.0]]])
    mixed = attention_rollout([second, quarter[:, None]])
    # (W2 + I)/2 = [[.5, .5], [0, 1]]; (W1 + I)/2 = [[1, 0], [.5, .5]]: their product, last layer on the left.
    assert_close(mixed, torch.tensor([[[0.75, 0.25], [0.5, 0.5]]]))


def test_heads_are_averaged_by_loops():
    weights = [normal(2, 3, 5, 5, seed=s).softmax(-1) for s in range(3)]
    got = attention_rollout(weights)
    for b in range(2):
        expected = torch.eye(5, dtype=torch.float64)
        for layer in weights:
            mean = sum(layer[b, head] for head in range(3)) / 3
            step = torch.tensor(
                [[float(mean[i, j]) / 2 + (0.5 if i == j else 0.0) for j in range(5)] for i in range(5)]
            )
            expected = step.double() @ expected
        assert_close(got[b], expected, atol=1e-6, rtol=1e-6)
    assert_close(got.sum(-1), torch.ones(2, 5, dtype=torch.float64))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("sharpness", [0.1, 1.0, 10.0])
def test_half_precision_is_near_enough_to_1(dtype, sharpness):
    weights = (sharpness * normal(2, 3, 211, 211, dtype=torch.float32)).softmax(-1).to(dtype)
    assert attention_rollout([weights, weights]).dtype == dtype


def test_half_precision_rounds_the_result_only():
    weights = [normal(1, 3, 31, 31, seed=s, dtype=torch.float32).softmax(-1).bfloat16() for s in range(24)]
    exact = attention_rollout([layer.double() for layer in weights])
    assert_close(attention_rollout(weights).double(), exact, rtol=torch.finfo(torch.bfloat16).eps, atol=0)


def test_layers_may_come_stacked_or_one_after_another():
    weights = normal(4, 2, 3, 5, 5).softmax(-1)
    wanted = attention_rollout(list(weights))
    assert_close(attention_rollout(weights), wanted)
    assert_close(attention_rollout(layer for layer in weights), wanted)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: attention_rollout([]), "weights must be of at least one layer"),
        (lambda: attention_rollout(torch.zeros(0, 2, 3, 5, 5)), "weights must be of at least one layer, got list"),
        (lambda: attention_rollout(torch.ones(2, 5, 5)), r"must be one \(B, h, N, N\) for each layer, got shape"),
        (lambda: attention_rollout(None), r"must be one \(B, h, N, N\) for each layer, got NoneType None \(a list"),
        (lambda: attention_rollout([torch.zeros(2, 5, 5)]), r"weights must be of shape \(B, h, N, N\)"),
        (lambda: attention_rollout([torch.zeros(1, 2, 5, 7)]), r"weights must be of shape \(1, h, 5, 5\)"),
        (
            lambda: attention_rollout([torch.full((1, 2, 5, 5), 0.2), torch.zeros(1, 2, 7, 7)]),
            r"weights must be of shape \(1, h, 5, 5\), got shape \(1, 2, 7, 7\)",
        ),
        (
            lambda: attention_rollout([torch.full((1, 2, 5, 5), 0.2), torch.full((1, 2, 5, 5), 0.25)]),
            r"weights must be of rows that sum to 1, got sums from 1.25 to 1.25 in layer 1 \(are these scores",
        ),
        (lambda: attention_rollout([torch.full((1, 1, 3, 3), torch.nan)]), "rows that sum to 1, got sums from nan"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_layers_on_two_devices_are_named():
    weights = torch.full((1, 2, 5, 5), 0.2)
    with pytest.raises(ValueError, match="weights must be on the first layer's device, cpu, got device meta"):
        attention_rollout([weights, weights.to("meta")])
