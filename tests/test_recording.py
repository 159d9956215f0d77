"""Recording the weights of the forward pass that really ran."""

import re

import pytest
import torch
from specification import B, N, d, h, normal
from torch import nn
from torch.testing import assert_close

from course_attn.blocks import EncoderBlock, FeedForward
from course_attn.head_by_head import MultiHeadByHeads
from course_attn.masks import padding_mask
from course_attn.multi_head import MultiHeadAttention
from course_attn.recording import record_weights
from course_attn.self_attention import SelfAttention

D = h * d


def model():
    return nn.ModuleList(EncoderBlock(D, MultiHeadAttention(D, h), FeedForward(D, 7)) for _ in range(2)).double()


def run(blocks, x, **options):
    for block in blocks:
        x = block(x, **options)
    return x


def hooks(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


def test_records_what_ran_and_changes_nothing():
    blocks, x = model(), normal(B, N, D)
    mask = padding_mask([N, 2], N)[:, None]
    wanted = run(blocks, x, mask=mask, is_causal=True)
    with record_weights(blocks) as records:
        assert_close(run(blocks, x, mask=mask, is_causal=True), wanted)
    assert list(records) == ["0.attention", "1.attention"]
    normed = blocks[0].around_attention.norm(x)
    _, first = blocks[0].attention(normed, mask=mask, is_causal=True, return_weights=True)
    assert_close(records["0.attention"], first.detach())
    assert (records["1.attention"][1, :, :, 2:] == 0).all()  # the masks that ran
    assert (records["1.attention"].triu(1) == 0).all()
    assert hooks(blocks) == 0


def test_gradients_still_flow():
    blocks, x = model(), normal(B, N, D).requires_grad_()
    wanted = torch.autograd.grad(run(blocks, x).square().sum(), x)
    with record_weights(blocks) as records:
        output = run(blocks, x)
    assert_close(torch.autograd.grad(output.square().sum(), x), wanted)
    assert not records["0.attention"].requires_grad


def test_a_caller_who_asks_for_weights_still_gets_them():
    for layer in (MultiHeadAttention(D, h), MultiHeadByHeads(D, h), SelfAttention(D)):
        x = normal(B, N, D, dtype=torch.float32)
        with record_weights(layer) as records:
            output, weights = layer(x, return_weights=True)
            assert isinstance(layer(x), torch.Tensor)
        assert_close(records[""], weights.detach())
        assert output.shape[:2] == (B, N)


def test_every_call_of_a_shared_layer_is_kept():
    layer = MultiHeadAttention(D, h)
    with record_weights(layer) as records:
        layer(normal(B, N, D, dtype=torch.float32))
        layer(normal(B, 2, D, dtype=torch.float32))
    assert [tuple(w.shape) for w in records.calls[""]] == [(B, h, N, N), (B, h, 2, 2)]
    assert_close(records[""], records.calls[""][-1])


def test_a_replaced_attention_is_recorded_too():
    def uniform(query, key, value, mask):
        weights = query.new_full((B, h, N, N), 1 / N)
        return weights @ value, weights

    layer = MultiHeadAttention(D, h, attend=uniform)
    with record_weights(layer) as records:
        layer(normal(B, N, D, dtype=torch.float32))
    assert (records[""] == 1 / N).all()


def test_nothing_is_left_behind_after_an_error():
    blocks = model()
    with pytest.raises(ValueError, match="EncoderBlock: x must be"), record_weights(blocks):
        run(blocks, normal(B, N, 3))
    with pytest.raises(ValueError, match="mask must be"), record_weights(blocks) as records:
        run(blocks, normal(B, N, D), mask=torch.ones(B, N, N, dtype=torch.bool))
    assert hooks(blocks) == 0
    assert not records
    assert run(blocks, normal(B, N, D)).shape == (B, N, D)


class OddLayer(nn.Module):
    def forward(self, x, *, return_weights=False):
        return x


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Linear(2, 2), "record_weights: model must be a module with layers that take return_weights, got Linear"),
        (OddLayer(), "record_weights: the result of the model must be (output, weights), got shape (1,), float32"),
    ],
)
def test_errors(model, message):
    with pytest.raises(ValueError, match=re.escape(message)), record_weights(model):
        model(torch.zeros(1))


@pytest.mark.parametrize("model", [None, "model", [1], torch.zeros(2)], ids=str)
def test_errors_of_what_is_no_model(model):
    with pytest.raises(ValueError, match="record_weights: model must be a module with layers"), record_weights(model):
        pass
