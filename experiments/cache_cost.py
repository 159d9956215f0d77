"""What one more token costs SmolLM2 as the text becomes longer, with a key-value cache and without.

Processor time on one thread, the least of several rounds: other work on the machine does not count.

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
    return {
        "model": "SmolLM2-135M-Instruct, float32",
        "rounds": rounds,
        "lengths": list(lengths),
        "milliseconds_with_cache": cached,
        "milliseconds_without": whole,
        "cache_bytes": memory,
    }


main(__name__, run, SEED)
