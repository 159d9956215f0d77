"""Learned queries over an image."""

import pytest
import torch
from specification import normal
from torch.testing import assert_close

from course_attn.vision.queries import LearnedQueries

Q, D = 3, 8


def layer(num_layers=2):
    return LearnedQueries(Q, D, 2, num_layers, 13).double()


def test_one_answer_for_each_question_whatever_the_number_of_tokens():
    model = layer()
    for num_tokens in (1, 5, 11):
        answers, weights = model(normal(2, num_tokens, D), return_weights=True)
        assert answers.shape == (2, Q, D)
        assert [tuple(w.shape) for w in weights] == [(2, 2, Q, num_tokens)] * 2
        assert_close(weights[0].sum(-1), torch.ones(2, 2, Q, dtype=torch.float64))


def test_weights_asked_for_or_not():
    model, tokens = layer(), normal(2, 7, D)
    assert_close(model(tokens), model(tokens, return_weights=True)[0])


def test_the_order_of_tokens_does_not_matter_and_that_of_queries_orders_the_answers():
    model, tokens = layer(), normal(2, 7, D)
    answers = model(tokens)
    assert_close(model(tokens[:, torch.randperm(7)]), answers)
    order = torch.tensor([2, 0, 1])
    with torch.no_grad():
        model.queries.copy_(model.queries[order])
    assert_close(model(tokens), answers[:, order])


def test_queries_are_no_sequence():
    """The first answer depends on the last query: no causal mask between them."""
    model, tokens = layer(1), normal(1, 7, D)
    (gradient,) = torch.autograd.grad(model(tokens)[0, 0].square().sum(), model.queries)
    assert gradient[2].abs().sum() > 0


def test_by_parts():
    model, tokens = layer(1), normal(2, 7, D)
    block = model.layers[0]
    x = model.queries.expand(2, Q, D)
    x = x + block.attention(block.around_attention.norm(x))
    x = x + block.cross_attention(block.around_cross_attention.norm(x), tokens)
    x = x + block.feed_forward(block.around_feed_forward.norm(x))
    assert_close(model(tokens), model.norm(x))


def test_every_parameter_learns():
    model = layer()
    model(normal(2, 7, D)).square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    assert model.queries.grad.abs().sum() > 0


def test_it_computes_where_its_weights_are():
    assert layer().to("meta")(normal(2, 7, D).to("meta")).device.type == "meta"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LearnedQueries(0, 8, 2, 2, 13), "LearnedQueries: num_queries must be"),
        (lambda: LearnedQueries(3, 8, 2, 0, 13), "LearnedQueries: num_layers must be"),
        (lambda: LearnedQueries(3, 8, 3, 2, 13), "d_model must be a multiple of 3"),
        (lambda: layer()(normal(2, 7, 5)), r"LearnedQueries: tokens must be of shape \(B, M, 8\)"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: LearnedQueries(3, "12", 2, 1, 8),
            "LearnedQueries: d_model must be a whole number of at least 1, got str '12'",
        ),
        (
            lambda: LearnedQueries(3, -12, 2, 1, 8),
            "LearnedQueries: d_model must be a whole number of at least 1, got int -12",
        ),
        (
            lambda: LearnedQueries(3, 12, 2, 1, 8)(torch.zeros(2, 5, 12).double()),
            "LearnedQueries: tokens must be of the layer's dtype, float32, got shape",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
