"""A small language model over letters, with few or many heads, and with keys and values shared or not; real text.

Two blocks, 64 wide, read sixty-four letters of the Brown corpus and guess the next one. The number of heads changes
nothing but how the same matrices are cut; fewer heads of keys and values leave parameters out.

    python -m experiments.heads_on_text       about five minutes on one core
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.data.text import tagged_sentences
from course_attn.language_model import CausalLanguageModel
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import LearnedPositions
from course_attn.train import Trainer
from experiments import main

SEED = 0
SEEDS = (0, 1, 2)
D_MODEL, D_FF, LAYERS, LENGTH = 64, 128, 2, 64
STEPS, BATCH, RATE, TEST_BATCHES = 600, 16, 3e-3, 20
LETTERS = " abcdefghijklmnopqrstuvwxyz.,'"
CONFIGURATIONS = {  # heads, heads of keys and values
    "1": (1, 1),
    "2": (2, 2),
    "4": (4, 4),
    "8": (8, 8),
    "16": (16, 16),
    "32": (32, 32),
    "8 sharing 2": (8, 2),
    "8 sharing 1": (8, 1),
}


def letters(sentences: list[list[tuple[str, str]]]) -> Tensor:
    """The corpus as one row of letter numbers; what is not in ``LETTERS`` is left out."""
    text = " ".join(word.lower() for sentence in sentences for word, _ in sentence)
    number = {letter: i for i, letter in enumerate(LETTERS)}
    return torch.tensor([number[letter] for letter in text if letter in number])


def windows(generator: torch.Generator, text: Tensor, count: int) -> Tensor:
    """Random pieces ``(B, LENGTH + 1)``."""
    starts = torch.randint(len(text) - LENGTH - 1, (count, 1), generator=generator)
    return text[starts + torch.arange(LENGTH + 1)]


def loss_of(model: nn.Module, pieces: Tensor) -> Tensor:
    """Cross-entropy of the next letter, in nats."""
    return F.cross_entropy(model(pieces[:, :-1]).flatten(0, 1), pieces[:, 1:].flatten())


def build(num_heads: int, num_kv_heads: int) -> CausalLanguageModel:
    """The language model with its attention cut in one way."""
    return CausalLanguageModel(
        len(LETTERS),
        D_MODEL,
        num_heads,
        D_FF,
        LAYERS,
        positions=LearnedPositions(LENGTH, D_MODEL),
        make_attention=lambda: MultiHeadAttention(D_MODEL, num_heads, num_kv_heads=num_kv_heads),
    )


def run(tiny: bool = False) -> dict[str, Any]:
    """Train every configuration with every seed; bits a letter on text never trained on."""
    sentences = tagged_sentences()
    held_out = len(sentences) // 10
    train, test = letters(sentences[:-held_out]), letters(sentences[-held_out:])
    generator = torch.Generator().manual_seed(SEED)
    test_pieces = [windows(generator, test, BATCH) for _ in range(TEST_BATCHES)]
    bits: dict[str, list[float]] = {}
    parameters: dict[str, int] = {}
    for name in list(CONFIGURATIONS)[: 2 if tiny else None]:
        for seed in SEEDS[: 2 if tiny else None]:
            torch.manual_seed(seed)
            model = build(*CONFIGURATIONS[name])
            optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
            trainer = Trainer(model, loss_of, lambda g: windows(g, train, BATCH), optimizer, seed=seed)
            trainer.run(3 if tiny else STEPS, progress=False)
            model.eval()
            with torch.no_grad():
                mean = sum(loss_of(model, pieces).item() for pieces in test_pieces) / TEST_BATCHES
            bits.setdefault(name, []).append(round(mean / math.log(2), 4))
            attentions = (module for module in model.modules() if isinstance(module, MultiHeadAttention))
            parameters[name] = sum(p.numel() for module in attentions for p in module.parameters())
        print(name, bits[name], flush=True)
    return {
        "text": "Brown corpus, the last tenth held out; 30 different letters",
        "d_model": D_MODEL,
        "layers": LAYERS,
        "steps": STEPS,
        "batch": BATCH,
        "length": LENGTH,
        "learning_rate": RATE,
        "seeds": list(SEEDS),
        "attention_parameters": parameters,
        "bits_per_letter": bits,
    }


main(__name__, run, SEED)
