"""What one more token costs SmolLM2 as the text becomes longer, with a key-value cache and without.

Processor time on one thread, the least of several rounds: other work on the machine does not count. Beside it stand
the multiply-adds, and the time in which the processor multiplies every matrix of the model by one vector and does
nothing else: each number is then read from memory and used once.

    python -m experiments.cache_cost          about two minutes on one core
"""

from __future__ import annotations

import time
from typing import Any

import torch

from course_attn.cache import KeyValueCache
from course_attn.pretrained.smollm2 import SmolLM2, load_smollm2
from experiments import main

SEED = 0
LENGTHS = (16, 32, 64, 128, 256, 512)
ROUNDS = 3


def caches_for(model: SmolLM2, length: int) -> list[KeyValueCache]:
    """One empty cache for each layer."""
    layers = [block.get_submodule("attention") for block in model.decoder.blocks.children()]
    return [KeyValueCache(1, length, layer.num_kv_heads, layer.d_head) for layer in layers]  # type: ignore[arg-type]


@torch.inference_mode()
def milliseconds_of_next(model: SmolLM2, tokens: torch.Tensor, rounds: int) -> tuple[float, float, int]:
    """Time for the scores after the last token, with the cache and without; bytes in the cache."""
    with_cache, without = [], []
    for _ in range(rounds):
        caches = caches_for(model, tokens.shape[1])
        model(tokens[:, :-1], caches=caches)
        start = time.process_time()
        cached = model(tokens[:, -1:], caches=caches)
        with_cache.append(time.process_time() - start)
        start = time.process_time()
        whole = model(tokens)
        without.append(time.process_time() - start)
    torch.testing.assert_close(cached[:, -1], whole[:, -1], atol=2e-3, rtol=1e-3)
    return 1000 * min(with_cache), 1000 * min(without), sum(cache.bytes for cache in caches)


def matrices(model: SmolLM2) -> list[torch.Tensor]:
    """All matrices that a token meets; the table of tokens counts once, as the one that makes the logits."""
    return [weight for weight in model.parameters() if weight.dim() == 2]


def multiply_adds(model: SmolLM2, tokens: int, keys: int) -> int:
    """Of ``tokens`` new ones that look at ``keys`` on average; the logits of all of them are computed."""
    layer = model.decoder.blocks.get_submodule("0.attention")
    width = layer.num_heads * layer.d_head  # type: ignore[operator]
    looking = 2 * len(model.decoder.blocks) * width * keys  # type: ignore[operator]
    return tokens * (sum(weight.numel() for weight in matrices(model)) + looking)


@torch.inference_mode()
def milliseconds_of_matrices(model: SmolLM2, rounds: int) -> float:
    """Time to multiply each matrix by one vector."""
    pairs = [(weight, torch.ones(weight.shape[1])) for weight in matrices(model)]
    times = []
    for _ in range(rounds):
        start = time.process_time()
        for weight, vector in pairs:
            weight @ vector
        times.append(time.process_time() - start)
    return 1000 * min(times)


def run(tiny: bool = False) -> dict[str, Any]:
    """Every length in both ways."""
    torch.set_num_threads(1)
    model = load_smollm2()
    lengths, rounds = (LENGTHS[:2], 1) if tiny else (LENGTHS, ROUNDS)
    generator = torch.Generator().manual_seed(SEED)
    cached, whole, memory = [], [], []
    for length in lengths:
        tokens = torch.randint(model.embedding.num_embeddings, (1, length), generator=generator)
        one, other, size = milliseconds_of_next(model, tokens, rounds)
        cached.append(round(one, 2))
        whole.append(round(other, 2))
        memory.append(size)
        print(length, cached[-1], whole[-1], size, flush=True)
    alone = round(milliseconds_of_matrices(model, rounds), 2)
    print("matrices alone", alone, flush=True)
    return {
        "model": "SmolLM2-135M-Instruct, float32",
        "rounds": rounds,
        "lengths": list(lengths),
        "milliseconds_with_cache": cached,
        "milliseconds_without": whole,
        "cache_bytes": memory,
        "milliseconds_matrices_alone": alone,
        "matrix_bytes": sum(weight.numel() * weight.element_size() for weight in matrices(model)),
        "multiply_adds_with_cache": [multiply_adds(model, 1, n) for n in lengths],
        "multiply_adds_without": [multiply_adds(model, n, n) for n in lengths],
    }


main(__name__, run, SEED)
