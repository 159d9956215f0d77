"""Encoder-decoder beside BART of the same size: a training step, and greedy decoding of 64 tokens."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.cases.vision import step
from benchmarks.harness import OURS, Call, Case, Target, default_linears
from benchmarks.peers import use_peers
from course_attn.decoding import SourceSteps, greedy_decode
from course_attn.positional import SinusoidalPositions
from course_attn.transformer import Transformer

VOCABULARY, LENGTH, D_MODEL, HEADS, D_FF, LAYERS, NEW_TOKENS = 1000, 32, 256, 8, 1024, 3, 64


def ours() -> Transformer:
    """Sinusoidal positions, one embedding."""
    torch.manual_seed(0)
    positions = SinusoidalPositions(D_MODEL)
    return Transformer(
        VOCABULARY, VOCABULARY, D_MODEL, HEADS, D_FF, LAYERS, positions=positions, norm="after", share_embedding=True
    )


def bart() -> nn.Module:
    """The same widths and depths; learned positions."""
    use_peers()
    from transformers import BartConfig, BartForConditionalGeneration

    torch.manual_seed(0)
    widths = {f"{side}_{name}": value for side in ("encoder", "decoder") for name, value in SIDE.items()}
    config = BartConfig(
        vocab_size=VOCABULARY, d_model=D_MODEL, max_position_embeddings=128, dropout=0.0, use_cache=False, **widths
    )
    return BartForConditionalGeneration(config)


SIDE = {"layers": LAYERS, "attention_heads": HEADS, "ffn_dim": D_FF}


def tokens(batch: int) -> tuple[Tensor, Tensor]:
    """Source and target without padding."""
    generator = torch.Generator().manual_seed(1)
    source, target = torch.randint(4, VOCABULARY, (2, batch, LENGTH), generator=generator)
    return source, target


def training_step() -> dict[str, Call]:
    """float32 and bfloat16."""
    source, target = tokens(32)

    def loss(scores: Tensor) -> Tensor:
        return F.cross_entropy(scores.float().flatten(0, 1), target.flatten())

    def our_loss(model: nn.Module) -> Tensor:
        return loss(model(source, target))

    def bart_loss(model: nn.Module) -> Tensor:
        return loss(model(input_ids=source, decoder_input_ids=target).logits)

    return {
        OURS: step(ours(), our_loss, False),
        "bart": step(bart(), bart_loss, False),
        f"{OURS} bf16": step(ours(), our_loss, True),
        "bart bf16": step(bart(), bart_loss, True),
        f"{OURS}, default linears": default_linears(step(ours(), our_loss, False)),
    }


def decoding(batch: int) -> dict[str, Call]:
    """Encoder and 64 steps, with and without cache, and BART's own cached steps in a plain loop."""
    source, _ = tokens(batch)
    first = torch.ones(batch, 1, dtype=torch.long)
    our_model, their_model = ours().eval(), bart().eval()

    def decode(cached: bool) -> Tensor:
        with torch.inference_mode():
            steps = SourceSteps(our_model, source, NEW_TOKENS + 1, cached=cached)
            return greedy_decode(steps, first, NEW_TOKENS)

    def bart_loop() -> Tensor:
        with torch.inference_mode():
            memory = their_model.get_encoder()(input_ids=source)
            newest, found, past = first, [first], None
            for _ in range(NEW_TOKENS):
                result = their_model(
                    encoder_outputs=memory, decoder_input_ids=newest, past_key_values=past, use_cache=True
                )
                newest, past = result.logits[:, -1].argmax(-1, keepdim=True), result.past_key_values
                found.append(newest)
            return torch.cat(found, 1)

    found = {OURS: partial(decode, True), f"{OURS}, no cache": partial(decode, False), "bart": bart_loop}
    for name in (OURS, f"{OURS}, no cache"):
        found[f"{name}, default linears"] = default_linears(found[name])
    return found


def cases() -> list[Case]:
    """The step, and decoding of one sequence and of 32; the tokens with and without cache must be the same."""
    plain, no_cache = f"{OURS}, default linears", f"{OURS}, no cache"
    step_targets = [
        Target(["bart"], 0.98),
        Target([plain], 0.42, ours=f"{OURS} bf16"),
        Target(["bart"], 0.98, ours=plain),
    ]
    found = [Case("encoder-decoder training step", training_step, step_targets, 1e-5, same=[plain])]
    for batch, limit, aim, over_none in ((1, 0.65, 0.48, 4), (32, 0.88, None, 12)):
        # Without cache the linears are large enough for oneDNN, with it they are not: compared with and without it.
        targets = [
            Target(["bart"], limit, aim),
            Target([no_cache], 1 / over_none),
            Target([f"{no_cache}, default linears"], 1 / over_none, ours=plain),
        ]
        same = [no_cache, plain, f"{no_cache}, default linears"]
        found.append(Case(f"greedy decoding {batch}", partial(decoding, batch), targets, 0.0, same=same))
    return found
