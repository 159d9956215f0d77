"""Parts that lie on another device than their whole: each call must end in the course's own words."""

from __future__ import annotations

import torch
from device_bench import Bench
from device_rows import multi_head, qkv

import course_attn as ca
from course_attn import positional


def moved_part(make, part, *inputs):
    """A model on one device, one part of it on another."""

    def call(here, there):
        bench = Bench(here)
        model = bench.layer(make)
        model.get_submodule(part).to(there)
        model(*(x(bench) for x in inputs))

    return call


def cache_elsewhere(here, there):
    bench = Bench(here)
    multi_head(bench)(bench.numbers(2, 5, 12), cache=ca.KeyValueCache(2, 5, 2, 6, device=there))


def filled_cache_elsewhere(here, there):
    """The layer was moved after its first call, which computed the context's keys."""
    bench = Bench(there)
    layer, context = multi_head(bench), bench.numbers(2, 4, 12)
    cache = ca.KeyValueCache(2, 4, 2, 6, device=there)
    layer(bench.numbers(2, 1, 12), context, cache=cache)
    layer.to(here)(Bench(here).numbers(2, 1, 12), context.to(here), cache=cache)


def replaced_elsewhere(here, there):
    bench = Bench(here)
    back = lambda *inputs: tuple(x.to(there) for x in ca.attention(*inputs))  # noqa: E731
    multi_head(bench, attend=back)(bench.numbers(2, 5, 12))


def returned_elsewhere(name, function):
    return lambda here, there: ca.attention(*qkv(Bench(here), 2), **{name: lambda *x: function(*x).to(there)})


def steps_elsewhere(find, **options):
    return lambda here, there: find(
        lambda tokens: torch.zeros(2, 11, device=there), torch.ones(2, 1, dtype=torch.long, device=here), 3, **options
    )


PARTS = {
    "a cache": cache_elsewhere,
    "a filled cache of a context": filled_cache_elsewhere,
    "what a replacement returns": replaced_elsewhere,
    "what score returns": returned_elsewhere("score", ca.dot_scores),
    "what normalise returns": returned_elsewhere("normalise", ca.softmax_weights),
    "what steps returns to greedy_decode": steps_elsewhere(ca.greedy_decode),
    "what steps returns to beam_search": steps_elsewhere(ca.beam_search, num_beams=2),
    "a bias on the scores": moved_part(
        lambda: ca.MultiHeadAttention(12, 2, score_bias=positional.RelativeBias(2, 3)),
        "score_bias",
        lambda b: b.numbers(2, 5, 12),
    ),
    "positions": moved_part(
        lambda: ca.CausalLanguageModel(11, 12, 2, 13, 1, positions=positional.SinusoidalPositions(12)),
        "positions",
        lambda b: b.whole(11, 2, 5),
    ),
    "a block": moved_part(lambda: ca.TransformerEncoder(12, 2, 13, 2), "blocks.1", lambda b: b.numbers(2, 5, 12)),
}
