"""Real models beside the libraries that usually run them: transformers, and onnxruntime for DINOv2's own graph."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from benchmarks import reference_models
from benchmarks.harness import OURS, Call, Case, Target, default_linears
from benchmarks.peers import use_peers
from course_attn.decoding import PromptSteps, greedy_decode
from course_attn.files import fetch
from course_attn.pretrained.dinov2 import MEAN, SPREAD, load_dinov2
from course_attn.pretrained.minilm import load_minilm
from course_attn.pretrained.pins import DINOV2_GRAPH
from course_attn.pretrained.smollm2 import load_smollm2

PLAIN = f"{OURS}, default linears"
NEW_TOKENS = 32
LAST_NORM = "/backbone/layernorm/Add_1_output_0"


def sentences() -> list[str]:
    """32 of five to nine words, so that some are filled up."""
    who = ["The cat", "My old neighbour", "A small red boat", "Nobody"]
    does = ["waits for", "has forgotten", "was looking at", "sings about"]
    what = ["rain.", "the long way home."]
    return [f"{a} {b} {c}" for a in who for b in does for c in what]


def minilm() -> dict[str, Call]:
    """Contextual vectors of 32 short sentences."""
    use_peers()
    ours, theirs = load_minilm(), reference_models.minilm()
    tokens, mask, _ = ours.encode(sentences())
    real = mask[:, 0, 0]

    @torch.inference_mode()
    def our_call() -> Tensor:
        return ours(tokens, mask)[real]

    @torch.inference_mode()
    def their_call() -> Tensor:
        return theirs(tokens, attention_mask=real.long()).last_hidden_state[real]

    return {OURS: our_call, "transformers": their_call, PLAIN: default_linears(our_call)}


def smollm2() -> dict[str, Call]:
    """A prompt of 9 tokens, then 32 greedy steps with the cache; the same tokens must come out."""
    use_peers()
    from transformers import StaticCache

    ours, theirs = load_smollm2(), reference_models.smollm2()
    prompt = ours.encode("The three things a row of numbers needs are")

    @torch.inference_mode()
    def our_call() -> Tensor:
        return greedy_decode(PromptSteps(ours, 1, prompt.shape[1] + NEW_TOKENS), prompt, NEW_TOKENS)

    @torch.inference_mode()
    def loop(past: Any = None) -> Tensor:
        newest, found = prompt, [prompt]
        for _ in range(NEW_TOKENS):
            result = theirs(input_ids=newest, past_key_values=past, use_cache=True, logits_to_keep=1)
            newest, past = result.logits[:, -1].argmax(-1, keepdim=True), result.past_key_values
            found.append(newest)
        return torch.cat(found, 1)

    def with_room() -> Tensor:
        return loop(StaticCache(theirs.config, max_cache_len=prompt.shape[1] + NEW_TOKENS))

    return {OURS: our_call, "transformers": loop, "transformers, static cache": with_room}


def dinov2() -> dict[str, Call]:
    """All tokens of one photo of 224 x 224."""
    use_peers()
    import onnx
    import onnxruntime

    ours, theirs = load_dinov2(), reference_models.dinov2()
    image = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    normal = (image - torch.tensor(MEAN)[:, None, None]) / torch.tensor(SPREAD)[:, None, None]
    graph = onnx.load(fetch(DINOV2_GRAPH))
    del graph.graph.output[:]  # cut at the backbone's last norm: what follows is never run
    graph.graph.output.append(onnx.helper.make_empty_tensor_value_info(LAST_NORM))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])

    @torch.inference_mode()
    def our_call() -> Tensor:
        return ours(image)

    @torch.inference_mode()
    def their_call() -> Tensor:
        return theirs(normal).last_hidden_state

    def by_onnxruntime() -> Tensor:
        return torch.from_numpy(session.run([LAST_NORM], {"input_image": normal.numpy()})[0])

    return {
        OURS: our_call,
        "onnxruntime": by_onnxruntime,
        "transformers": their_call,
        PLAIN: default_linears(our_call),
    }


def cases() -> list[Case]:
    """One for each model that has a target."""
    return [
        Case("minilm 32 sentences", minilm, [Target(["transformers"], 1.1)], 1e-4),
        Case(
            f"smollm2 {NEW_TOKENS} cached steps",
            smollm2,
            [Target(["transformers", "transformers, static cache"], 1.2)],
            0.0,
            rounds=5,
        ),
        Case("dinov2 224 px", dinov2, [Target(["onnxruntime"], 1.1)], 1e-4),
    ]
