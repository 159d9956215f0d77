"""Recurrent networks and gradient by distance."""

import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import B, N, d, normal
from torch import nn
from torch.testing import assert_close

from course_attn.masks import causal_mask
from course_attn.multi_head import MultiHeadAttention
from course_attn.recurrent import LSTM, RNN, gradient_by_distance, linear_rnn, linear_rnn_as_mixing
from course_attn.self_attention import SelfAttention

D, H = 5, 7


def test_rnn_by_hand():
    rnn = RNN(1, 1)
    for parameter, value in ((rnn.from_input.weight, 2.0), (rnn.from_input.bias, 0.5), (rnn.from_state.weight, -3.0)):
        parameter.data.fill_(value)
    first = math.tanh(2 * 0.1 + 0.5)
    second = math.tanh(2 * 0.2 + 0.5 - 3 * first)
    assert_close(rnn(torch.tensor([[[0.1], [0.2]]])), torch.tensor([[[first], [second]]]))


def test_lstm_by_hand():
    """Gates in the order input, forget, candidate, output; the first step has no cell to forget."""
    lstm = LSTM(1, 1)
    lstm.from_input.weight.data = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
    lstm.from_input.bias.data = torch.tensor([0.1, 0.2, 0.3, 0.4])
    lstm.from_state.weight.data = torch.tensor([[0.5], [0.6], [0.7], [0.8]])

    def sigmoid(z):
        return 1 / (1 + math.exp(-z))

    state = cell = 0.0
    wanted = []
    for x in (0.3, -0.2):
        i, f = sigmoid(x + 0.1 + 0.5 * state), sigmoid(2 * x + 0.2 + 0.6 * state)
        g, o = math.tanh(3 * x + 0.3 + 0.7 * state), sigmoid(4 * x + 0.4 + 0.8 * state)
        cell = f * cell + i * g
        state = o * math.tanh(cell)
        wanted.append([state])
    assert_close(lstm(torch.tensor([[[0.3], [-0.2]]])), torch.tensor([wanted]))


def their_parts(theirs):
    """Input weight, state weight, and the sum of torch's two biases."""
    return theirs.weight_ih_l0, theirs.weight_hh_l0, theirs.bias_ih_l0 + theirs.bias_hh_l0


@pytest.mark.parametrize(
    ("ours", "theirs"), [(RNN(D, H), nn.RNN(D, H, batch_first=True)), (LSTM(D, H), nn.LSTM(D, H, batch_first=True))]
)
def test_parity_with_torch(ours, theirs):
    """Value, and gradient of the input and of every parameter."""
    ours, theirs = ours.double(), theirs.double()
    with torch.no_grad():
        for to, part in zip(
            (ours.from_input.weight, ours.from_state.weight, ours.from_input.bias), their_parts(theirs), strict=True
        ):
            to.copy_(part)
    x = normal(B, N, D).requires_grad_()
    got, (wanted, _) = ours(x), theirs(x)
    assert_close(got, wanted)
    upstream = normal(B, N, H, seed=9)
    (wanted * upstream).sum().backward()
    their_x, x.grad = x.grad, None
    (got * upstream).sum().backward()
    assert_close(x.grad, their_x)
    assert_close(ours.from_input.weight.grad, theirs.weight_ih_l0.grad)
    assert_close(ours.from_state.weight.grad, theirs.weight_hh_l0.grad)
    assert_close(ours.from_input.bias.grad, theirs.bias_ih_l0.grad)


@pytest.mark.parametrize("module", [RNN(2, 3), LSTM(2, 3)])
def test_gradients(module):
    assert torch.autograd.gradcheck(module.double(), normal(2, 3, 2).requires_grad_())


def test_starts():
    weight = RNN(D, H, orthogonal=True).from_state.weight
    assert_close(weight @ weight.T, torch.eye(H))
    bias = LSTM(D, H, forget_bias=4.0).from_input.bias
    assert (bias[H : 2 * H] == 4).all()
    assert bias[:H].abs().max() < 1
    assert bias[2 * H :].abs().max() < 1
    assert LSTM(D, H).from_input.bias.abs().max() < 1


@given(st.integers(1, N - 1))
def test_the_future_cannot_matter(place):
    x = normal(B, N, D)
    other = x.clone()
    other[:, place:] += 2
    for module in (RNN(D, H).double(), LSTM(D, H).double()):
        assert_close(module(other)[:, :place], module(x)[:, :place])


# ---------------------------------------------------------------- linear


def test_linear_rnn_by_hand():
    """A quarter turn, with one step to the right at each place."""
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]])
    x = torch.tensor([[[1.0, 0.0]] * 4])
    wanted = torch.tensor([[[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]])
    assert_close(linear_rnn(x, turn), wanted)
    assert_close(linear_rnn_as_mixing(x, turn), wanted)


@given(st.integers(1, 9), st.integers(0, 10**6))
def test_a_linear_rnn_is_causal_mixing(length, seed):
    x, transition = normal(B, length, D, seed=seed), normal(D, D, seed=seed + 1) / 2
    assert_close(linear_rnn_as_mixing(x, transition), linear_rnn(x, transition))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize(("form", "length"), [(linear_rnn, 4096), (linear_rnn_as_mixing, 512)])
def test_a_long_sum_does_not_stand_still(form, length, dtype):
    """In half precision itself, 2048 + 1 is 2048, or 256 + 1 is 256."""
    states = form(torch.ones(1, length, 1, dtype=dtype), torch.ones(1, 1, dtype=dtype))
    assert states.dtype == dtype
    assert states[0, -1].item() == length


@pytest.mark.parametrize("form", [linear_rnn, linear_rnn_as_mixing])
def test_autocast_does_not_round_the_state(form):
    x, transition = torch.ones(1, 300, 2), 0.99 * torch.eye(2)
    with torch.autocast("cpu"):
        got = form(x, transition)
    assert_close(got, form(x, transition))


def test_the_cell_of_an_lstm_does_not_stand_still():
    layer = LSTM(1, 1)
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    with torch.no_grad():
        layer.from_input.bias.copy_(torch.tensor([20.0, 20.0, 0.0, 20.0]))  # all gates open, the candidate 1 or -1
        layer.from_input.weight[2] = 20.0
    x = torch.ones(1, 700, 1, dtype=torch.bfloat16)
    x[:, 400:] = -1  # 400 up and 300 down again, where 256 + 1 would be 256
    assert layer.to(torch.bfloat16)(x)[0, -1].item() > 0


def test_small_gradients_in_half_precision():
    """Their squares would be 0."""
    transition = 0.01 * torch.eye(2, dtype=torch.float16)
    got = gradient_by_distance(lambda x: linear_rnn(x, transition), torch.ones(1, 3, 2, dtype=torch.float16))
    assert_close(got.double(), math.sqrt(2) * torch.tensor([1, 1e-2, 1e-4]).double(), rtol=1e-2, atol=0)


def test_gradients_of_both_linear_forms_agree():
    x, transition = normal(1, 3, 2).requires_grad_(), normal(2, 2, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(linear_rnn, (x, transition))
    assert torch.autograd.gradcheck(linear_rnn_as_mixing, (x, transition))


def test_with_tanh_no_fixed_weights_do():
    """Mixing is linear: the answer to a sum is the sum of the answers. A network with tanh breaks that."""
    x, y, transition = normal(B, N, D), normal(B, N, D, seed=1), normal(D, D, seed=2) / 2
    assert_close(linear_rnn(x + y, transition), linear_rnn(x, transition) + linear_rnn(y, transition))
    rnn = RNN(D, D).double()
    nn.init.zeros_(rnn.from_input.bias)
    assert (rnn(x + y) - rnn(x) - rnn(y)).abs().max() > 0.1


# ---------------------------------------------------------------- gradient by distance


def test_gradient_of_a_linear_rnn_is_a_power():
    transition = normal(D, D) / 3
    norms = [torch.linalg.matrix_power(transition, k).norm() for k in range(N)]
    assert_close(gradient_by_distance(lambda x: linear_rnn(x, transition), normal(B, N, D, seed=1)), torch.stack(norms))


@pytest.mark.parametrize(
    "module",
    [
        RNN(d, 3),
        LSTM(d, 3),
        SelfAttention(d, 3),
        MultiHeadAttention(d, 1),
        lambda x: SelfAttention(d, 3).double()(x, mask=causal_mask(N), return_weights=True),
    ],
)
def test_gradient_is_the_norm_of_the_jacobian(module):
    torch.manual_seed(1)
    module = module.double() if isinstance(module, nn.Module) else module
    x = normal(B, N, d)

    def last(one):
        torch.manual_seed(1)  # the lambda builds its layer anew
        result = module(one[None])
        return (result[0] if isinstance(result, tuple) else result)[0, -1]

    jacobians = [torch.autograd.functional.jacobian(last, x[b]) for b in range(B)]  # (d_out, N, d) each
    wanted = torch.stack([j.square().sum((0, 2)).sqrt() for j in jacobians]).mean(0).flip(0)
    torch.manual_seed(1)
    assert_close(gradient_by_distance(module, x), wanted)


def test_what_the_forget_gate_decides():
    """At distance 30: an open forget gate keeps the gradient, a half-open one loses it, and so does a plain RNN."""
    x = normal(3, 31, D)
    far = {}
    for name, module in {
        "rnn": RNN(D, H),
        "default": LSTM(D, H),
        "open": LSTM(D, H, forget_bias=4.0),
        "attention": SelfAttention(D),
    }.items():
        curve = gradient_by_distance(module.double(), x)
        far[name] = (curve[30] / curve[0]).item()
    assert far["open"] > 100 * far["default"]
    assert far["open"] > 100 * far["rnn"]
    assert far["attention"] > 0.01


def test_gradient_leaves_the_input_alone_and_works_without_grad_mode():
    x = normal(B, N, D)
    with torch.no_grad():
        curve = gradient_by_distance(RNN(D, H).double(), x)
    assert curve.shape == (N,)
    assert not x.requires_grad
    assert not curve.requires_grad


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RNN(0, 2), "RNN: d_input must be a whole number of at least 1, got int 0"),
        (lambda: RNN(2, 0), "RNN: d_hidden must be a whole number of at least 1, got int 0"),
        (lambda: LSTM(0, 2), "LSTM: d_input must be a whole number of at least 1, got int 0"),
        (lambda: LSTM(2, 0), "LSTM: d_hidden must be a whole number of at least 1, got int 0"),
        (lambda: RNN(2, 3)(torch.zeros(2, 3, 5)), "RNN: x must be of shape (B, N, 2), got shape (2, 3, 5), float32"),
        (lambda: LSTM(2, 3)(torch.zeros(3, 2)), "LSTM: x must be of shape (B, N, 2), got shape (3, 2), float32"),
        (
            lambda: linear_rnn(torch.zeros(1, 2, 3), torch.zeros(2, 3)),
            "linear_rnn: transition must be of shape (3, 3), got shape (2, 3), float32",
        ),
        (
            lambda: linear_rnn_as_mixing(torch.zeros(1, 2, 3), torch.zeros(3, 2)),
            "linear_rnn_as_mixing: transition must be of shape (3, 3), got shape (3, 2), float32",
        ),
        (
            lambda: linear_rnn(torch.zeros(2, 3), torch.eye(3)),
            "linear_rnn: x must be of shape (B, N, D), got shape (2, 3)",
        ),
        (
            lambda: gradient_by_distance(lambda x: x[:, 1:], torch.zeros(2, 3, 5)),
            "gradient_by_distance: the module's output must be of shape (2, 3, d_output), got shape (2, 2, 5), float32",
        ),
        (lambda: gradient_by_distance(nn.Identity(), torch.zeros(2, 3)), "gradient_by_distance: x must be of shape"),
        (
            lambda: gradient_by_distance(RNN(5, 3), torch.zeros(2, 3, 5, dtype=torch.float64)),
            "gradient_by_distance: x must be of dtype float32, as the module's parameters, got shape (2, 3, 5), float",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: RNN(12, 4)(torch.zeros(2, 5, 12).double()),
            "RNN: x must be of the layer's dtype, float32, got shape (2, 5, 12), float64",
        ),
        (
            lambda: LSTM(12, 4)(torch.zeros(2, 5, 12).double()),
            "LSTM: x must be of the layer's dtype, float32, got shape",
        ),
        (lambda: LSTM(12, 4)("abc"), "LSTM: x must be a torch.Tensor, got str 'abc'"),
        (lambda: LSTM(3, 4, forget_bias="1"), "LSTM: forget_bias must be a finite number, got str '1'"),
        (lambda: LSTM(3, 4, forget_bias=math.nan), "LSTM: forget_bias must be a finite number, got float nan"),
        (
            lambda: gradient_by_distance(None, torch.zeros(2, 5, 12)),
            "gradient_by_distance: module must be a function, got NoneType None",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)


def test_an_input_on_another_device_than_the_module_is_named():
    with pytest.raises(
        ValueError, match="gradient_by_distance: x must be on the module's device, meta, got device cpu"
    ):
        gradient_by_distance(RNN(3, 4).to("meta"), torch.zeros(2, 5, 3))
