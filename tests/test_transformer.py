"""Stacks of blocks, token embeddings and the encoder-decoder."""

import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import B, M, N, d, h, normal
from torch import nn
from torch.testing import assert_close

from course_attn.masks import causal_mask
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import RelativeBias, SinusoidalPositions
from course_attn.transformer import TokenEmbedding, Transformer, TransformerDecoder, TransformerEncoder

D, D_FF, LAYERS, SOURCE, TARGET = 2 * h * 2, 17, 2, 13, 19
NORMS = ["before", "after"]


def tokens(length, vocabulary=SOURCE, seed=0):
    """No pads among them."""
    return torch.randint(1, vocabulary, (B, length), generator=torch.Generator().manual_seed(seed))


def transformer(norm="before", **options):
    options = {"positions": SinusoidalPositions(D), "norm": norm} | options
    model = Transformer(SOURCE, TARGET, D, 2, D_FF, LAYERS, **options).double()
    return model


# ---------------------------------------------------------------- stacks


@pytest.mark.parametrize("norm", NORMS)
def test_encoder_is_torchs(norm):
    """Two layers of torch's, by copied weights, with torch's own final norm when the norm is first."""
    layer = nn.TransformerEncoderLayer(D, 2, D_FF, dropout=0.0, batch_first=True, norm_first=norm == "before")
    final = nn.LayerNorm(D) if norm == "before" else None
    theirs = nn.TransformerEncoder(layer, LAYERS, final, enable_nested_tensor=False).double()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.3)
    ours = TransformerEncoder(D, 2, D_FF, LAYERS, norm=norm).double()
    for source, block in zip(theirs.layers, ours.blocks, strict=True):
        attention = source.self_attn
        matrices = [*attention.in_proj_weight.chunk(3), attention.out_proj.weight]
        biases = [*attention.in_proj_bias.chunk(3), attention.out_proj.bias]
        block.attention.copy_weights(*zip(matrices, biases, strict=True))
        block.feed_forward.inner.load_state_dict(source.linear1.state_dict())
        block.feed_forward.outer.load_state_dict(source.linear2.state_dict())
        block.around_attention.norm.load_state_dict(source.norm1.state_dict())
        block.around_feed_forward.norm.load_state_dict(source.norm2.state_dict())
    if final is not None:
        ours.final_norm.load_state_dict(theirs.norm.state_dict())
    x = normal(B, N, D).requires_grad_()
    got, wanted = ours(x, causal_mask(N)), theirs(x, mask=~causal_mask(N))
    assert_close(got, wanted)
    assert_close(ours(x, is_causal=True), wanted)
    upstream = normal(B, N, D, seed=9)
    gradients = [torch.autograd.grad((y * upstream).sum(), x)[0] for y in (got, wanted)]
    assert_close(*gradients)


def test_each_block_gets_an_attention_of_its_own():
    bias = RelativeBias(2, 3)
    made = []

    def make():
        made.append(MultiHeadAttention(D, 2, score_bias=bias))
        return made[-1]

    encoder = TransformerEncoder(D, 2, D_FF, LAYERS, make_attention=make)
    assert [block.attention for block in encoder.blocks] == made
    decoder = TransformerDecoder(D, 2, D_FF, LAYERS, make_attention=make)
    assert [block.attention for block in decoder.blocks] == made[LAYERS:]
    assert all(block.cross_attention.score_bias is None for block in decoder.blocks)


@pytest.mark.parametrize("norm", NORMS)
def test_decoder_ends_in_a_norm(norm):
    """Either way the last thing is a norm: mean 0 and variance 1 while its parameters are untouched."""
    decoder = TransformerDecoder(D, 2, D_FF, LAYERS, norm=norm).double()
    output = decoder(5 * normal(B, N, D), normal(B, M, D, seed=2))
    assert output.mean(-1).abs().max() < 1e-6
    assert_close(output.var(-1, unbiased=False), torch.ones(B, N, dtype=torch.float64), rtol=1e-2, atol=0)
    encoder = TransformerEncoder(D, 2, D_FF, LAYERS, norm=norm).double()
    assert encoder(5 * normal(B, N, D)).mean(-1).abs().max() < 1e-6


# ---------------------------------------------------------------- embeddings


def test_embedding_by_hand():
    embedding = TokenEmbedding(3, 4)
    embedding.weight.data = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0]])
    assert_close(embedding(torch.tensor([[2, 0]])), 2 * torch.tensor([[[1.0, 1, 0, 0], [1, 0, 0, 0]]]))
    assert_close(embedding.scores(torch.tensor([[[3.0, 5, 7, 9]]])), torch.tensor([[[3.0, 5, 8]]]))


def test_embedding_starts_with_variance_one():
    embedding = TokenEmbedding(1000, 64)
    assert abs(embedding(torch.arange(1000)[None]).var().item() - 1) < 0.05


def test_both_uses_of_a_tied_matrix_train_it():
    model = transformer()
    model(tokens(M), tokens(N, TARGET)).square().sum().backward()
    assert (model.target_embedding.weight.grad.abs().sum(1) > 0).all()  # scores: every row
    assert model.target_embedding is not model.source_embedding
    model = Transformer(SOURCE, SOURCE, D, 2, D_FF, 1, positions=None, share_embedding=True)
    assert model.target_embedding is model.source_embedding


# ---------------------------------------------------------------- the whole


@pytest.mark.parametrize("norm", NORMS)
def test_transformer_is_its_parts(norm):
    model, source, target = transformer(norm), tokens(M), tokens(N, TARGET)
    source[1, 3:] = 0
    mask = (source != 0)[:, None, None]
    places = SinusoidalPositions(D).double()
    memory = model.encoder(places(model.source_embedding.weight[source] * math.sqrt(D)), mask)
    x = places(model.target_embedding.weight[target] * math.sqrt(D))
    for block in model.decoder.blocks:
        x = block(x, memory, causal_mask(N), mask)
    wanted = model.decoder.final_norm(x) @ model.target_embedding.weight.T
    assert_close(model(source, target), wanted)


def test_padding_cannot_matter():
    """A source padded to any length gives the same scores; so do pads behind the target."""
    model, source, target = transformer(), tokens(3), tokens(N, TARGET)
    wanted = model(source, target)
    padded = torch.cat([source, torch.zeros(B, 4, dtype=torch.long)], dim=1)
    assert_close(model(padded, target), wanted)
    padded_target = torch.cat([target, torch.zeros(B, 2, dtype=torch.long)], dim=1)
    assert_close(model(padded, padded_target)[:, :N], wanted)


def test_another_pad():
    model = transformer(pad=7)
    source = tokens(M)
    source[source == 7] = 1
    source[0, 4:] = 7
    _, mask = model.encode(source)
    assert mask[:, 0, 0].tolist() == [[True] * 4 + [False] * 3, [True] * M]


def test_an_empty_source_gives_numbers():
    model = transformer()
    source = tokens(M)
    source[1] = 0
    scores = model(source, tokens(N, TARGET))
    assert scores.isfinite().all()
    scores.sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


@given(st.integers(1, N - 1))
def test_the_future_cannot_matter(place):
    model, source, target = transformer(), tokens(M), tokens(N, TARGET)
    other = target.clone()
    other[:, place:] = 3
    assert_close(model(source, other)[:, :place], model(source, target)[:, :place])


def test_positions_matter_and_each_side_may_have_its_own():
    source, target = tokens(M), tokens(N, TARGET)
    order = [3, 0, 6, 4, 1, 5, 2]
    without = transformer(positions=None)
    assert_close(without(source[:, order], target), without(source, target))
    model = transformer(target_positions=nn.Identity())
    assert isinstance(model.target_positions, nn.Identity)
    assert not torch.allclose(transformer()(source[:, order], target), transformer()(source, target))


@pytest.mark.parametrize("norm", NORMS)
def test_number_of_parameters_and_their_gradients(norm):
    model = transformer(norm)
    attention, feed_forward = 4 * (D * D + D), 2 * D * D_FF + D_FF + D
    encoder_block, decoder_block = attention + feed_forward + 2 * 2 * D, 2 * attention + feed_forward + 3 * 2 * D
    final = 2 * 2 * D if norm == "before" else 0
    wanted = (SOURCE + TARGET) * D + LAYERS * (encoder_block + decoder_block) + final
    assert sum(p.numel() for p in model.parameters()) == wanted
    model(tokens(M), tokens(N, TARGET)).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_dropout_only_while_training():
    model = transformer(dropout=0.3)
    source, target = tokens(M), tokens(N, TARGET)
    assert not torch.allclose(model(source, target), model(source, target))
    model.eval()
    assert_close(model(source, target), model(source, target))


def run(source=None, target=None):
    model = transformer()
    return lambda: model(tokens(M) if source is None else source, tokens(N) if target is None else target)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TransformerEncoder(4, 2, 3, 0), "TransformerEncoder: num_layers must be a whole number of at least 1"),
        (lambda: TransformerDecoder(4, 2, 3, 0), "TransformerDecoder: num_layers must be a whole number of at least 1"),
        (lambda: TransformerEncoder(4, 2, 3, 1, norm="pre"), "Residual: norm must be one of 'before', 'after'"),
        (lambda: TokenEmbedding(0, 2), "TokenEmbedding: vocabulary must be a whole number of at least 1"),
        (lambda: TokenEmbedding(2, 0), "TokenEmbedding: d_model must be a whole number of at least 1"),
        (
            lambda: Transformer(3, 5, 4, 2, 3, 1, positions=None, share_embedding=True),
            "Transformer: target_vocabulary must be source_vocabulary = 3 when they share an embedding, got 5",
        ),
        (
            run(source=tokens(M).float()),
            "TokenEmbedding: tokens must be int64 numbers of shape (B, N), got shape (2, 7)",
        ),
        (run(source=tokens(M)[0]), "Transformer: source must be int64 numbers of shape (B, N), got shape (7,), int64"),
        (run(target=tokens(N) + TARGET), "TokenEmbedding: tokens must be from 0 to 18, got"),
        (run(target=tokens(N)[:1]), "Transformer.decode: memory must be of shape (1, M, 12), got shape (2, 7, 12)"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_head_width_is_the_one_the_sizes_say():
    assert transformer().encoder.blocks[0].attention.d_head == D // 2 != d


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: TransformerEncoder(12, 3, 7, 1, make_attention="mine"),
            "TransformerEncoder: make_attention must be a function, got str 'mine'",
        ),
        (
            lambda: TransformerDecoder(12, 3, 7, 1, make_attention=5),
            "TransformerDecoder: make_attention must be a function, got int 5",
        ),
        (
            lambda: TransformerEncoder(12, 3, 7, 1)(torch.zeros(2, 5, 12).double()),
            "EncoderBlock: x must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: TokenEmbedding(7, 12).scores(None),
            "TokenEmbedding.scores: x must be a torch.Tensor, got NoneType None",
        ),
        (
            lambda: TokenEmbedding(7, 12).scores(torch.zeros(2, 5, 12).double()),
            "TokenEmbedding.scores: x must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: Transformer(7, 7, 8, 2, 11, 1, positions=None, dropout="a"),
            "Transformer: dropout must be a number from 0.0 to below 1.0, got str 'a'",
        ),
        (
            lambda: Transformer(7, 7, 8, 2, 11, 1, positions=None, dropout=1.0),
            "Transformer: dropout must be a number from 0.0 to below 1.0, got float 1.0",
        ),
        (
            lambda: Transformer(7, 7, 8, 2, 11, 1, positions=None, pad="<pad>"),
            "Transformer: pad must be the number of a token, got str '<pad>'",
        ),
        (
            lambda: Transformer(7, 7, 8, 2, 11, 1, positions=None, pad=True),
            "Transformer: pad must be the number of a token, got bool True",
        ),
        (
            lambda: Transformer(7, 7, 8, 2, 11, 1, positions="sines"),
            "Transformer: positions must be a module that adds positions, or None, got str 'sines'",
        ),
        (
            lambda: Transformer(7, 7, 8, 2, 11, 1, positions=None).encode(None),
            "Transformer: source must be int64 numbers of shape (B, N), got NoneType None",
        ),
        (
            lambda: Transformer(7, 7, 8, 2, 11, 1, positions=None)(torch.zeros(2, 3, dtype=torch.long), "abc"),
            "Transformer: target must be int64 numbers of shape (B, N), got str 'abc'",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
