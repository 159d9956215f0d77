"""One row for each layer and function of the package that computes with tensors: an example of a call.

A row takes a bench (see :mod:`device_bench`) and returns a call. Its name is the module and the name that it calls;
further rows of the same name have a comma and a remark.
"""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import torch
from torch import nn

import course_attn as ca
from course_attn import blocks, efficient, graph, heads, positional, recurrent, scores, steps
from course_attn.data import synthetic
from course_attn.efficient import mixtures
from course_attn.pretrained import alignment, dinov2, head_scores, minilm, smollm2, speech, swap, whisper
from course_attn.train import Trainer, metrics
from course_attn.vision import (
    channel_spatial,
    conv_attention,
    convnet,
    patches,
    queries,
    receptive_field,
    rollout,
    sagan,
    vit,
    vit_sizes,
)

# ---------------------------------------------------------------- what rows need


class Words:
    """A tokenizer of letters, in the form of the package ``tokenizers``."""

    def encode(self, text):
        return SimpleNamespace(ids=[ord(letter) % 11 for letter in text], tokens=list(text))

    def decode(self, numbers, skip_special_tokens=True):
        return "".join(chr(97 + number) for number in numbers)

    def token_to_id(self, token):
        return {"<|startoftranscript|>": 1, "<|notimestamps|>": 2, "<|endoftext|>": 3}.get(token, 5)


def with_words(model):
    model.tokenizer = Words()
    return model


def qkv(b, *batch, places=7, keys=None, width=5, d_v=3):
    keys = places if keys is None else keys
    return b.numbers(*batch, places, width), b.numbers(*batch, keys, width), b.numbers(*batch, keys, d_v)


def multi_head(b, **options):
    """Parts are given as functions, so that they are made where the layer is."""
    parts = ("rotate", "score_bias")
    made = lambda: {name: value() if name in parts else value for name, value in options.items()}  # noqa: E731
    return b.layer(lambda: ca.MultiHeadAttention(12, 2, **made()))


def cached(b, **options):
    """A layer that has seen three places, and is given two more."""
    layer, x = multi_head(b, **options), b.numbers(2, 5, 12)
    cache = ca.KeyValueCache(2, 5, layer.num_kv_heads, 6, device=b.device)

    @torch.no_grad()  # no gradient flows through a cache
    def two_parts(x):
        return layer(x[:, :3], is_causal=True, cache=cache), layer(x[:, 3:], is_causal=True, cache=cache)

    return partial(two_parts, x)


def filled_cache(b):
    cache = b.holds(ca.KeyValueCache(3, 5, 2, 7, device=b.device))
    cache.append(b.numbers(3, 2, 4, 7), b.numbers(3, 2, 4, 7))
    return cache


def transformer(b):
    return b.layer(lambda: ca.Transformer(11, 11, 12, 2, 13, 2, positions=positional.SinusoidalPositions(12)))


def language_model(b):
    return b.layer(lambda: ca.CausalLanguageModel(11, 12, 2, 13, 2, positions=positional.LearnedPositions(20, 12)))


def smol(b):
    return with_words(b.layer(lambda: smollm2.SmolLM2(11, 12, 3, 1, 2, 13)))


def mini(b):
    return with_words(b.layer(lambda: minilm.MiniLM(11, 20, 12, 3, 2, 13)))


def listener(b):
    return with_words(b.layer(lambda: whisper.Whisper(11, 80, 1500, 20, 12, 6, 4)))


def dino(b):
    make = partial(vit_sizes.ViT, 6, 2, 3, 12, 2, 2, 13, None, layer_scale=0.5)
    return b.layer(lambda: dinov2.DINOv2(make()))


def image_transformer(positions, **options):
    return lambda b: partial(
        b.layer(lambda: vit.ViT((4, 6), 2, 3, 12, 2, 2, 13, 5, positions=positions, **options)),
        b.numbers(2, 3, 4, 6),
        return_weights=True,
    )


def recorded(b):
    model = language_model(b)

    def watch(tokens):
        with ca.record_weights(model) as records:
            model(tokens)
        return dict(records)

    return partial(watch, b.whole(11, 2, 5))


def from_source(find, cached=True, **options):
    """Decode a source, with steps that are made anew for each call."""

    def row(b):
        model = transformer(b)

        def decode(source, prompt):
            return find(steps.SourceSteps(model, source, 6, cached=cached), prompt, 4, **options)

        return partial(decode, b.whole(11, 2, 5), b.whole(11, 2, 2))

    return row


def from_prompt(find, cached=True, with_lengths=False, **options):
    """Go on with a prompt, as :func:`from_source`."""

    def row(b):
        model = language_model(b)

        def decode(prompt, lengths=None):
            given = {} if lengths is None else {"lengths": lengths}
            return find(steps.PromptSteps(model, 2, 6, cached=cached), prompt, 4, **given, **options)

        return partial(decode, b.whole(11, 2, 2), *((b.whole(1, 2) + 1,) if with_lengths else ()))

    return row


def trained(b):
    """Two steps of the course's own loop, in float32."""
    model = b.layer(lambda: heads.PoolingHead(4, 3)).train()

    def loss(model, batch):
        return metrics.smoothed_cross_entropy(model(batch.vectors), batch.odd, 0.1)

    def train():
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
        trainer = Trainer(model, loss, lambda g: synthetic.odd_one_batch(g, 5, 3, 4), optimizer, clip=1.0)
        return trainer.run(2, progress=False) and [p.detach() for p in model.parameters()]

    return partial(train)


def draws(make):
    """Batches lie where the generator is, whatever torch's default device is; here they are looked at on the CPU."""

    def row(b):
        def look():
            batch = make(torch.Generator().manual_seed(1))
            if any(part.device.type != "cpu" for part in batch):
                raise AssertionError("the batch of a generator on the CPU lies elsewhere")
            return [part.to(b.device) for part in batch]

        return partial(look)

    return row


def sampled(b):
    """The draws of a generator on the CPU do not depend on where the model is."""
    model = smol(b)
    return partial(lambda: model.complete("abc", 3, temperature=0.9, generator=torch.Generator().manual_seed(3)))


def projected(b):
    draw = partial(efficient.random_projection, 11, 5)
    return partial(lambda: draw(torch.Generator().manual_seed(1)).to(b.device))


# ---------------------------------------------------------------- the rows

ROWS = {
    # Chapter 1.
    "masks.causal_mask": lambda b: partial(ca.causal_mask, 5, 7, device=b.device),
    "masks.padding_mask": lambda b: partial(ca.padding_mask, b.whole(7, 3), 7),
    "masks.padding_mask, to the longest": lambda b: partial(ca.padding_mask, b.whole(7, 3) + 1),
    "masks.combine_masks": lambda b: partial(ca.combine_masks, b.mask(5, 7), None, b.mask(2, 1, 7)),
    "scores.dot_scores": lambda b: partial(scores.dot_scores, *qkv(b, 2)[:2]),
    "scores.scaled_dot_scores": lambda b: partial(scores.scaled_dot_scores, *qkv(b, 2)[:2]),
    "scores.cosine_scores": lambda b: partial(scores.cosine_scores, *qkv(b, 2)[:2], b.numbers(7, 1).abs().detach()),
    "scores.additive_scores": lambda b: partial(
        scores.additive_scores, *qkv(b, 2)[:2], b.numbers(11, 5), b.numbers(11, 5), b.numbers(11)
    ),
    "scores.bilinear_scores": lambda b: partial(scores.bilinear_scores, *qkv(b, 2)[:2], b.numbers(5, 5)),
    "scores.AdditiveScore": lambda b: partial(b.layer(lambda: scores.AdditiveScore(5, 5, 11)), *qkv(b, 2)[:2]),
    "scores.BilinearScore": lambda b: partial(b.layer(lambda: scores.BilinearScore(5, 5)), *qkv(b, 2)[:2]),
    **{
        f"normalisers.{name}": lambda b, name=name: partial(getattr(ca, name), b.numbers(2, 5, 7), b.mask(5, 7))
        for name in ("softmax_weights", "relu_weights", "sigmoid_weights", "sparsemax_weights")
    },
    **{
        f"normalisers.{name}, everything allowed": lambda b, name=name: partial(getattr(ca, name), b.numbers(2, 5, 7))
        for name in ("softmax_weights", "relu_weights", "sigmoid_weights", "sparsemax_weights")
    },
    "attention.attention": lambda b: partial(ca.attention, *qkv(b, 2), b.mask(7, 7)),
    "attention.attention, another score and normaliser": lambda b: partial(
        ca.attention, *qkv(b, 2), b.mask(7, 7), score=ca.cosine_scores, normalise=ca.sparsemax_weights
    ),
    "attention.fused_attention": lambda b: partial(ca.fused_attention, *qkv(b, 2), b.mask(7, 7)),
    "attention.fused_attention, everything allowed": lambda b: partial(ca.fused_attention, *qkv(b, 2, keys=4, d_v=5)),
    "attention.fused_attention, causal": lambda b: partial(
        ca.fused_attention, *qkv(b, 2, 3, places=5, keys=7, d_v=5), b.mask(5, 7), is_causal=True, scale=0.3
    ),
    "attention.kernel_smoother": lambda b: partial(ca.kernel_smoother, *qkv(b), b.numbers(7, 1).abs().detach()),
    "attention.kernel_smoother, one number": lambda b: partial(ca.kernel_smoother, *qkv(b, 2), 0.7),
    # Chapter 2.
    **{
        f"self_attention.{name}": lambda b, name=name: partial(
            getattr(ca, name), b.numbers(5, 7), b.numbers(7, 3), b.numbers(7, 3), b.numbers(7, 2)
        )
        for name in ("self_attention_by_vectors", "self_attention")
    },
    "self_attention.self_attention, masked": lambda b: partial(
        ca.self_attention, b.numbers(2, 5, 7), b.numbers(7, 3), b.numbers(7, 3), b.numbers(7, 2), b.mask(5, 5)
    ),
    "self_attention.self_attention_columns": lambda b: partial(
        ca.self_attention_columns, b.numbers(7, 5), b.numbers(3, 7), b.numbers(3, 7), b.numbers(2, 7)
    ),
    "self_attention.SelfAttention": lambda b: partial(
        b.layer(lambda: ca.SelfAttention(7, 3)), b.numbers(2, 5, 7), b.numbers(2, 4, 7), b.mask(5, 4)
    ),
    "recurrent.RNN": lambda b: partial(b.layer(lambda: ca.RNN(3, 5, orthogonal=True)), b.numbers(2, 4, 3)),
    "recurrent.LSTM": lambda b: partial(b.layer(lambda: ca.LSTM(3, 5, forget_bias=1.0)), b.numbers(2, 4, 3)),
    "recurrent.linear_rnn": lambda b: partial(ca.linear_rnn, b.numbers(2, 4, 3), b.numbers(3, 3)),
    "recurrent.linear_rnn_as_mixing": lambda b: partial(ca.linear_rnn_as_mixing, b.numbers(2, 4, 3), b.numbers(3, 3)),
    "recurrent.gradient_by_distance": lambda b: partial(
        recurrent.gradient_by_distance, b.layer(lambda: ca.LSTM(3, 5)), b.numbers(2, 4, 3)
    ),
    "heads.TaggingHead": lambda b: partial(b.layer(lambda: ca.TaggingHead(7, 3)), b.numbers(2, 5, 7)),
    "heads.PoolingHead": lambda b: partial(
        b.layer(lambda: ca.PoolingHead(7, 3)), b.numbers(2, 5, 7), b.mask(2, 2, 5)[:, 1:]
    ),
    "heads.WindowBaseline": lambda b: partial(b.layer(lambda: ca.WindowBaseline(7, 3, 5, 2)), b.numbers(2, 5, 7)),
    "heads.windows": lambda b: partial(heads.windows, b.numbers(2, 5, 7), 3),
    # Chapter 3.
    "head_axis.split_heads": lambda b: partial(ca.split_heads, b.numbers(2, 5, 12), 3),
    "head_axis.merge_heads": lambda b: partial(ca.merge_heads, b.numbers(2, 3, 5, 4)),
    "multi_head.MultiHeadAttention": lambda b: partial(
        multi_head(b), b.numbers(2, 5, 12), None, b.mask(2, 1, 5, 5), is_causal=True
    ),
    "multi_head.MultiHeadAttention, everything allowed": lambda b: partial(multi_head(b), b.numbers(2, 5, 12)),
    "multi_head.MultiHeadAttention, weights": lambda b: partial(
        multi_head(b), b.numbers(2, 5, 12), mask=b.mask(5, 5), return_weights=True
    ),
    "multi_head.MultiHeadAttention, cross": lambda b: partial(
        multi_head(b, d_context=7), b.numbers(2, 5, 12), b.numbers(2, 4, 7), b.mask(5, 4)
    ),
    "multi_head.MultiHeadAttention, shared keys": lambda b: partial(
        multi_head(b, num_kv_heads=1), b.numbers(2, 5, 12), is_causal=True
    ),
    "multi_head.MultiHeadAttention, rotary": lambda b: partial(
        multi_head(b, rotate=lambda: positional.Rotary(6)), b.numbers(2, 5, 12), is_causal=True
    ),
    **{
        f"multi_head.MultiHeadAttention, {type(bias()).__name__}": lambda b, bias=bias: partial(
            multi_head(b, score_bias=bias), b.numbers(2, 6, 12), mask=b.mask(6, 6), is_causal=True
        )
        for bias in (
            lambda: positional.AlibiBias(2),
            lambda: positional.RelativeBias(2, 3),
            lambda: positional.BucketBias(2, 8, 5),
            lambda: positional.RelativeBias2d(2, (2, 3)),
        )
    },
    "multi_head.MultiHeadAttention, replaced": lambda b: partial(
        multi_head(b, attend=ca.attention), b.numbers(2, 5, 12), mask=b.mask(5, 5), is_causal=True
    ),
    "multi_head.MultiHeadAttention, cached": cached,
    "multi_head.MultiHeadAttention, cached and rotary": lambda b: cached(
        b, rotate=lambda: positional.Rotary(6), num_kv_heads=1
    ),
    "head_by_head.MultiHeadByHeads": lambda b: partial(
        b.layer(lambda: ca.MultiHeadByHeads(12, 3)), b.numbers(2, 5, 12), b.numbers(2, 4, 12), b.mask(2, 1, 5, 4)
    ),
    "head_by_head.MultiHeadByHeads, from one layer": lambda b: partial(
        ca.MultiHeadByHeads.from_split(multi_head(b)), b.numbers(2, 5, 12)
    ),
    "cache.KeyValueCache": lambda b: partial(
        b.holds(ca.KeyValueCache(2, 7, 3, 5, device=b.device)).append, b.numbers(2, 3, 4, 5), b.numbers(2, 3, 4, 5)
    ),
    "cache.KeyValueCache, reordered": lambda b: partial(
        lambda cache, rows: (cache.reorder(rows), cache.view())[1], filled_cache(b), b.whole(3, 3)
    ),
    "cache.KeyValueCache, more rows": lambda b: partial(
        lambda cache, rows: (cache.reorder(rows), cache.view())[1], filled_cache(b), b.whole(3, 5)
    ),
    "recording.record_weights": recorded,
    # Chapter 4.
    "positional.absolute.SinusoidalPositions": lambda b: partial(
        b.layer(lambda: positional.SinusoidalPositions(12)), b.numbers(2, 5, 12), start=3
    ),
    "positional.absolute.LearnedPositions": lambda b: partial(
        b.layer(lambda: positional.LearnedPositions(9, 12)), b.numbers(2, 5, 12), start=3
    ),
    "positional.grids.Sines2d": lambda b: partial(
        b.layer(lambda: positional.Sines2d((2, 3), 12, 1)), b.numbers(2, 7, 12)
    ),
    "positional.grids.Learned2d": lambda b: partial(
        b.layer(lambda: positional.Learned2d((2, 3), 12, 1)), b.numbers(2, 7, 12)
    ),
    "positional.grids.interpolate_positions": lambda b: partial(
        positional.interpolate_positions, b.numbers(7, 4), (2, 3), (3, 5), 1
    ),
    "positional.bias.relative_distance": lambda b: partial(positional.relative_distance, 5, 7, device=b.device),
    "positional.bias.RelativeBias": lambda b: partial(b.layer(lambda: positional.RelativeBias(3, 2)), 5, 7),
    "positional.bias.BucketBias": lambda b: partial(b.layer(lambda: positional.BucketBias(3, 8, 5)), 5, 7),
    "positional.bias.AlibiBias": lambda b: partial(b.layer(lambda: positional.AlibiBias(3)), 5, 7),
    "positional.bias.RelativeBias2d": lambda b: partial(b.layer(lambda: positional.RelativeBias2d(3, (2, 3), 1)), 7, 7),
    "positional.bias.t5_buckets": lambda b: partial(positional.t5_buckets, b.whole(200, 5, 7) - 100, 32, 100),
    "positional.rotary.Rotary": lambda b: partial(positional.Rotary(6).rotate, b.numbers(2, 5, 6)),
    "positional.rotary.Rotary, at places": lambda b: partial(
        positional.Rotary(6, layout="halves").rotate, b.numbers(2, 5, 6), b.whole(20, 5)
    ),
    # Chapter 5.
    "blocks.FeedForward": lambda b: partial(b.layer(lambda: ca.FeedForward(7, 11)), b.numbers(2, 5, 7)),
    "blocks.GatedFeedForward": lambda b: partial(b.layer(lambda: ca.GatedFeedForward(7, 11)), b.numbers(2, 5, 7)),
    "blocks.Residual": lambda b: partial(
        lambda layer, x: layer(x, torch.tanh), b.layer(lambda: blocks.Residual(7, "after")), b.numbers(2, 5, 7)
    ),
    "blocks.EncoderBlock": lambda b: partial(
        b.layer(lambda: ca.EncoderBlock(12, ca.MultiHeadAttention(12, 2), ca.FeedForward(12, 13))),
        b.numbers(2, 5, 12),
        b.mask(5, 5),
    ),
    "blocks.DecoderBlock": lambda b: partial(
        b.layer(
            lambda: ca.DecoderBlock(
                12, ca.MultiHeadAttention(12, 2), ca.MultiHeadAttention(12, 2), ca.FeedForward(12, 13), norm="after"
            )
        ),
        b.numbers(2, 5, 12),
        b.numbers(2, 4, 12),
        b.mask(5, 5),
        b.mask(5, 4),
    ),
    "transformer.TransformerEncoder": lambda b: partial(
        b.layer(lambda: ca.TransformerEncoder(12, 2, 13, 2)), b.numbers(2, 5, 12), b.mask(5, 5)
    ),
    "transformer.TransformerDecoder": lambda b: partial(
        b.layer(lambda: ca.TransformerDecoder(12, 2, 13, 2)), b.numbers(2, 5, 12), b.numbers(2, 4, 12), b.mask(5, 5)
    ),
    "transformer.TokenEmbedding": lambda b: partial(b.layer(lambda: ca.TokenEmbedding(11, 12)), b.whole(11, 2, 5)),
    "transformer.TokenEmbedding, scores": lambda b: partial(
        b.layer(lambda: ca.TokenEmbedding(11, 12)).scores, b.numbers(2, 5, 12)
    ),
    "transformer.Transformer": lambda b: partial(transformer(b), b.whole(11, 2, 5), b.whole(11, 2, 4)),
    "transformer.Transformer, decode": lambda b: partial(
        transformer(b).decode, b.whole(11, 2, 4), b.numbers(2, 5, 12), b.mask(2, 1, 2, 5)[:, :, 1:]
    ),
    "language_model.CausalLanguageModel": lambda b: partial(language_model(b), b.whole(11, 2, 5)),
    "decoding.greedy_decode": from_prompt(ca.greedy_decode, end=3),
    "decoding.greedy_decode, lengths": from_prompt(ca.greedy_decode, with_lengths=True),
    "decoding.beam_search": from_source(ca.beam_search, num_beams=3, length_penalty=0.6),
    "steps.SourceSteps": from_source(ca.greedy_decode),
    "steps.SourceSteps, without a cache": from_source(ca.beam_search, cached=False, num_beams=2),
    "steps.PromptSteps": from_prompt(ca.beam_search, num_beams=2),
    "steps.PromptSteps, without a cache": from_prompt(ca.greedy_decode, cached=False),
    "train.loop.Trainer": trained,
    "train.metrics.smoothed_cross_entropy": lambda b: partial(
        metrics.smoothed_cross_entropy, b.numbers(5, 7), b.whole(7, 5), 0.1
    ),
    "train.metrics.accuracy": lambda b: partial(metrics.accuracy, b.numbers(5, 7), b.whole(7, 5)),
    "data.synthetic.copy_batch": draws(lambda g: synthetic.copy_batch(g, 2, 5, 7)),
    "data.synthetic.reverse_batch": draws(lambda g: synthetic.reverse_batch(g, 2, 5, 7)),
    "data.synthetic.odd_one_batch": draws(lambda g: synthetic.odd_one_batch(g, 2, 5, 7)),
    # Chapters 6 and 7.
    "vision.patches.patchify": lambda b: partial(patches.patchify, b.numbers(2, 3, 4, 6), 2),
    "vision.patches.unpatchify": lambda b: partial(patches.unpatchify, b.numbers(2, 6, 12), (2, 3), 2),
    "vision.patches.PatchEmbedding": lambda b: partial(
        b.layer(lambda: patches.PatchEmbedding(2, 3, 7)), b.numbers(2, 3, 4, 6)
    ),
    **{
        f"vision.channel_spatial.{layer.__name__}": lambda b, layer=layer, sizes=sizes: partial(
            b.layer(lambda: layer(*sizes)), b.numbers(2, 4, 5, 7)
        )
        for layer, sizes in (
            (channel_spatial.SqueezeExcitation, (4, 2)),
            (channel_spatial.ChannelAttention, (4, 2)),
            (channel_spatial.SpatialAttention, (3,)),
            (channel_spatial.CBAM, (4, 2, 3)),
        )
    },
    "vision.conv_attention.QuadraticAttention": lambda b: partial(
        b.layer(lambda: conv_attention.QuadraticAttention(3, 2, 4, (1, 1), (1, 1))),
        b.numbers(2, 3, 4, 5),
        return_weights=True,
    ),
    "vision.conv_attention.conv_as_attention": lambda b: partial(
        conv_attention.conv_as_attention(b.layer(lambda: nn.Conv2d(3, 2, 3, padding=1))), b.numbers(2, 3, 4, 5)
    ),
    "vision.convnet.ConvNet": lambda b: partial(
        b.layer(lambda: convnet.ConvNet(3, 5, (4, 4, 4, 4))), b.numbers(2, 3, 8, 8)
    ),
    "vision.receptive_field.measured_field": lambda b: partial(
        receptive_field.measured_field,
        b.layer(lambda: convnet.ConvNet(3, 5, (4, 4, 4, 4)).features[:6]),
        b.numbers(1, 3, 8, 8),
    ),
    "vision.sagan.SaganAttention": lambda b: partial(
        b.layer(lambda: sagan.SaganAttention(8)), b.numbers(2, 8, 4, 5), return_weights=True
    ),
    "vision.sagan.SaganAttention, without weights": lambda b: partial(
        b.layer(lambda: sagan.SaganAttention(8)), b.numbers(2, 8, 4, 5)
    ),
    "vision.sagan.map_of_pixel": lambda b: partial(sagan.map_of_pixel, b.shares(2, 20, 20), (4, 5), (1, 2)),
    **{f"vision.vit.ViT, {name}": image_transformer(name) for name in vit.POSITIONS},
    "vision.vit.ViT, mean and layer scale": image_transformer("learned", pool="mean", layer_scale=0.5),
    "vision.vit.ViT, resized": lambda b: partial(
        b.layer(lambda: vit.ViT((4, 6), 2, 3, 12, 2, 2, 13, 5)).resized((6, 6)), b.numbers(2, 3, 6, 6)
    ),
    "vision.vit.LayerScale": lambda b: partial(
        b.layer(lambda: vit.LayerScale(nn.Linear(7, 7), 7, 0.5)).layer, b.numbers(2, 5, 7)
    ),
    "vision.vit_sizes.named_vit": lambda b: partial(
        b.layer(lambda: vit_sizes.named_vit("tiny_16", 5, image_size=32)), b.numbers(1, 3, 32, 32)
    ),
    "vision.queries.LearnedQueries": lambda b: partial(
        b.layer(lambda: queries.LearnedQueries(3, 12, 2, 2, 13)), b.numbers(2, 5, 12), return_weights=True
    ),
    "vision.rollout.attention_rollout": lambda b: partial(
        rollout.attention_rollout, [b.shares(2, 3, 5, 5), b.shares(2, 3, 5, 5)]
    ),
    # Chapter 8.
    "graph.edge_index": lambda b: partial(graph.edge_index, b.whole(5, 7, 2), 5),
    "graph.adjacency_mask": lambda b: partial(graph.adjacency_mask, b.whole(5, 2, 7), 5),
    "graph.edge_softmax": lambda b: partial(graph.edge_softmax, b.numbers(2, 7), b.whole(5, 7), 5),
    "graph.edge_attention": lambda b: partial(graph.edge_attention, *qkv(b, 2, places=5), b.whole(5, 2, 7)),
    "graph.GraphAttention": lambda b: partial(
        b.layer(lambda: graph.GraphAttention(3, 5, 2)), b.numbers(2, 7, 3), b.mask(7, 7), return_weights=True
    ),
    "graph.GraphAttention, along edges": lambda b: partial(
        b.layer(lambda: graph.GraphAttention(3, 5, 2, join="mean")).along_edges, b.numbers(2, 5, 3), b.whole(5, 2, 7)
    ),
    "efficient.linear.elu_plus_one": lambda b: partial(efficient.elu_plus_one, b.numbers(5, 7)),
    "efficient.linear.linear_attention": lambda b: partial(
        efficient.linear_attention, *qkv(b, 2), b.mask(2, 2, 7)[:, 1:]
    ),
    "efficient.linear.linear_attention, causal": lambda b: partial(
        efficient.linear_attention, *qkv(b, 2), is_causal=True, chunk_size=3
    ),
    "efficient.linear.kernel_weights": lambda b: partial(efficient.kernel_weights, *qkv(b, 2)[:2], b.mask(7, 7)),
    "efficient.mixtures.mix_features": lambda b: partial(mixtures.mix_features, *(x.exp().detach() for x in qkv(b, 2))),
    "efficient.linformer.linformer_attention": lambda b: partial(
        efficient.linformer_attention, *qkv(b, 2), b.numbers(3, 7), b.numbers(3, 7)
    ),
    "efficient.linformer.Linformer": lambda b: partial(b.layer(lambda: efficient.Linformer(7, 3)), *qkv(b, 2)),
    "efficient.performer.random_projection": projected,
    "efficient.performer.positive_features": lambda b: partial(
        efficient.positive_features, b.numbers(2, 7, 5), b.numbers(11, 5), b.numbers(2, 7, 1)
    ),
    "efficient.performer.Performer": lambda b: partial(
        b.layer(lambda: efficient.Performer(5, 11)), *qkv(b, 2), is_causal=True
    ),
    "efficient.window.window_mask": lambda b: partial(efficient.window_mask, 7, 2, device=b.device),
    "efficient.window.sliding_window_attention": lambda b: partial(
        efficient.sliding_window_attention, *qkv(b, 2, places=11), 2
    ),
    "efficient.window.sliding_window_attention, causal": lambda b: partial(
        efficient.sliding_window_attention, *qkv(b, 2, places=11), 3, is_causal=True
    ),
    # Pretrained models, here with numbers of chance.
    "pretrained.minilm.MiniLM": lambda b: partial(mini(b), b.whole(11, 2, 5), b.mask(2, 1, 5, 5)),
    "pretrained.minilm.MiniLM, sentence vectors": lambda b: partial(mini(b).sentence_vectors, ["abc", "defgh"]),
    "pretrained.minilm.MiniLM, maps": lambda b: partial(lambda model: model.attention_maps("abcd")[1], mini(b)),
    "pretrained.smollm2.SmolLM2": lambda b: partial(smol(b), b.whole(11, 2, 5)),
    "pretrained.smollm2.SmolLM2, weights": lambda b: partial(smol(b).weights, b.whole(11, 2, 5)),
    "pretrained.smollm2.SmolLM2, complete": lambda b: partial(smol(b).complete, "abc", 4),
    "pretrained.smollm2.Sampled": sampled,
    "pretrained.whisper.Whisper": lambda b: partial(
        b.layer(lambda: whisper.Whisper(11, 80, 8, 20, 12, 2, 2)), b.numbers(2, 16, 80), b.whole(11, 2, 5)
    ),
    "pretrained.whisper.Whisper, transcribe": lambda b: partial(
        lambda model, audio: model.transcribe(audio, 16_000, 3),
        listener(b),
        b.numbers(4000, requires_grad=False).clamp(-1, 1),
    ),
    "pretrained.whisper.Whisper, maps": lambda b: partial(
        lambda model, audio, tokens: model.alignment_maps(audio, 16_000, tokens),
        listener(b),
        b.numbers(4000, requires_grad=False).clamp(-1, 1),
        b.whole(11, 1, 4),
    ),
    "pretrained.dinov2.DINOv2": lambda b: partial(dino(b), b.numbers(2, 3, 4, 8).sigmoid().detach()),
    "pretrained.dinov2.DINOv2, maps": lambda b: partial(dino(b).rollout, b.numbers(2, 3, 4, 8).sigmoid().detach()),
    "pretrained.dinov2.crop_to_patches": lambda b: partial(dinov2.crop_to_patches, b.numbers(3, 9, 7), 4),
    **{
        f"pretrained.head_scores.{name}": lambda b, name=name, more=more: partial(
            getattr(head_scores, name), [b.shares(2, 3, 5, 5), b.shares(2, 3, 5, 5)], *more(b)
        )
        for name, more in (
            ("first_token_scores", lambda b: ()),
            ("previous_token_scores", lambda b: ()),
            ("next_token_scores", lambda b: ()),
            ("same_token_scores", lambda b: (b.whole(2, 2, 5),)),
            ("induction_scores", lambda b: (2,)),
        )
    },
    "pretrained.swap.swap_attention": lambda b: partial(
        lambda model, tokens: swap.swap_attention(model, ca.attention, tokens).same, mini(b), b.whole(11, 2, 5)
    ),
    "pretrained.speech.resample": lambda b: partial(speech.resample, b.numbers(400).clamp(-1, 1).detach(), 8000),
    "pretrained.speech.log_mel": lambda b: partial(speech.log_mel, b.numbers(4000).clamp(-1, 1).detach(), 16_000),
    "pretrained.alignment.look": lambda b: partial(alignment.look, b.shares(3, 5, 11)),
    "pretrained.alignment.starts": lambda b: partial(alignment.starts, b.numbers(5, 11), 0.02),
    "pretrained.alignment.warp": lambda b: partial(alignment.warp, b.numbers(5, 11)),
}

# Parts of other layers, which look at what comes in before these do.
INNER = {"blocks.Residual", "vision.vit.LayerScale", "efficient.mixtures.mix_features"}

# What needs no row, and why. A name that is in neither of the two fails a test.
WITHOUT = {
    "it takes no tensor and makes none": (
        "device.device",
        "cache.undone_by_errors",
        "vision.receptive_field.receptive_field",
        "vision.receptive_field.layers_of",
        "vision.vit_sizes.multiply_adds",
        "train.schedules.constant",
        "train.schedules.warmup_cosine",
        "train.schedules.inverse_root",
        "transformer.check_positions",
        "cache.check_caches",
        "pretrained.alignment.word_times",
    ),
    "a table by formula, made where torch's default device is": (
        "positional.absolute.sinusoidal_encoding",
        "positional.absolute.frequencies",
        "positional.absolute.shift_matrix",
        "positional.bias.alibi_slopes",
        "positional.grids.sines_2d",
        "pretrained.speech.mel_filters",
    ),
    "a part of a layer that has a row": (
        "head_axis.split",
        "positional.by_formula.ByFormula",
        "efficient.exponents.shifted",
        "efficient.exponents.mix_by_halves",
        "efficient.exponents.past_alone",
        "efficient.linear.work_dtype",
        "efficient.mixtures.sound",
        "efficient.mixtures.mix_plainly",
        "efficient.mixtures.Mixture",
        "efficient.mixtures.CausalMixture",
        "efficient.mixtures.cut",
        "efficient.window_loop.WindowLoop",
        "vision.queries.QueryBlock",
        "pretrained.smollm2.Blocks",
        "pretrained.whisper.Stack",
        "lean.LeanDecoder",
        "lean.lean_transformer",
        "lean.lean_language_model",
        "lean.lean_embedding",
        "lean.lean_norm",
        "lean.lean_feed_forward",
        "lean.lean_attention",
        "lean.lean_cross_attention",
    ),
    "it reads a file": (
        "pretrained.minilm.load_minilm",
        "pretrained.minilm.read_safetensors",
        "pretrained.minilm.fill_minilm",
        "pretrained.smollm2.load_smollm2",
        "pretrained.smollm2.byte_pair_tokenizer",
        "pretrained.smollm2.fill_smollm2",
        "pretrained.whisper.load_whisper",
        "pretrained.whisper.fill_whisper",
        "pretrained.dinov2.load_dinov2",
        "pretrained.dinov2.read_onnx",
        "pretrained.dinov2.fill_dinov2",
        "pretrained.speech.read_wav",
    ),
    "a name for a kind of thing": (
        "decoding.Steps",
        "steps.SourceModel",
        "steps.PromptModel",
        "multi_head.Rotation",
        "recording.Records",
        "pretrained.alignment.WordTime",
        "pretrained.swap.Swap",
        "data.synthetic.Tokens",
        "data.synthetic.OddOnes",
    ),
}
