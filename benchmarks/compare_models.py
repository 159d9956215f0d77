"""The pretrained models beside transformers' own, live: ``python -m benchmarks.compare_models [minilm ...]``.

Prints the largest difference of each thing compared, as JSON, one model a line. Both sides are filled from the same
pinned files; transformers is the one installed, else that of the peers' folder (``python -m benchmarks.setup``).
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec

import torch
from torch import Tensor

from benchmarks import reference_models
from benchmarks.peers import use_peers
from course_attn.decoding import PromptSteps, greedy_decode
from course_attn.files import fetch
from course_attn.pretrained.dinov2 import MEAN, SPREAD, load_dinov2
from course_attn.pretrained.minilm import load_minilm
from course_attn.pretrained.pins import EVER_TRIED
from course_attn.pretrained.smollm2 import load_smollm2
from course_attn.pretrained.speech import log_mel, read_wav
from course_attn.pretrained.whisper import load_whisper
from course_attn.recording import record_weights

SENTENCES = ["The bank raised its rates.", "She sat on the bank of the river, and looked at the slow brown water."]


def apart(mine: Tensor, theirs: Tensor) -> float:
    """Largest difference."""
    return float((mine - theirs).abs().max())


def minilm() -> dict[str, float]:
    """Vectors of two sentences of unequal length, and all attention weights of the longer."""
    ours, theirs = load_minilm(), reference_models.minilm("eager")
    tokens, mask, _ = ours.encode(SENTENCES)
    real = mask[:, 0, 0]
    out = theirs(tokens, attention_mask=real.long(), output_attentions=True)
    maps = torch.stack(out.attentions)[:, 1]  # (layers, h, N, N)
    return {
        "vectors": apart(ours(tokens, mask)[real], out.last_hidden_state[real]),
        "weights": apart(ours.attention_maps(SENTENCES[1])[1], maps),
    }


def smollm2() -> dict[str, float]:
    """Scores and weights of a sequence that repeats; 20 greedy tokens, of which none may differ."""
    ours, theirs = load_smollm2(), reference_models.smollm2("eager")
    random = torch.randint(100, 49152, (1, 29), generator=torch.Generator().manual_seed(1)).repeat(1, 2)
    out = theirs(random, output_attentions=True)
    prompt = ours.encode("Attention is")
    mine = greedy_decode(PromptSteps(ours, 1, prompt.shape[1] + 20), prompt, 20)
    greedy = prompt
    for _ in range(20):
        greedy = torch.cat([greedy, theirs(greedy).logits[:, -1].argmax(-1, keepdim=True)], 1)
    return {
        "scores": apart(ours(random), out.logits),
        "weights": apart(torch.stack(ours.weights(random)), torch.stack(out.attentions)),
        "greedy tokens": apart(mine.float(), greedy.float()),
    }


def dinov2() -> dict[str, float]:
    """All tokens and the last layer's weights, at 224 pixels and for an oblong image."""
    ours, theirs = load_dinov2(), reference_models.dinov2("eager")
    found = {}
    for height, width in ((224, 224), (140, 308)):
        image = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(2))
        normal = (image - torch.tensor(MEAN)[:, None, None]) / torch.tensor(SPREAD)[:, None, None]
        out = theirs(normal, output_attentions=True)
        found[f"tokens {height} x {width}"] = apart(ours(image), out.last_hidden_state)
        found[f"weights {height} x {width}"] = apart(ours.weights(image)[-1], out.attentions[-1])
    return found


def whisper() -> dict[str, float]:
    """The frames, the memory, the decoder's scores and its cross-attention, for a recording and what is said in it."""
    from transformers import WhisperFeatureExtractor

    ours, theirs = load_whisper(), reference_models.whisper("eager")
    speech, rate = read_wav(fetch(EVER_TRIED))
    mel = log_mel(speech, rate)
    features = WhisperFeatureExtractor()(speech.numpy(), sampling_rate=rate, return_tensors="pt").input_features
    text = " Ever tried, ever failed. No matter, try again."
    tokens = torch.tensor([[50257, 50362, *ours.tokenizer.encode(text, add_special_tokens=False).ids]])
    out = theirs(input_features=features, decoder_input_ids=tokens, output_attentions=True)
    with record_weights(ours) as records:
        scores = ours(mel[None], tokens)
    looks = torch.stack([records[f"decoder.blocks.{i}.cross_attention"] for i in range(4)])
    return {
        "frames": apart(mel, features[0].T),
        "memory": apart(ours.encode(mel[None])[0], out.encoder_last_hidden_state),
        "scores": apart(scores, out.logits),
        "cross-attention": apart(looks, torch.stack(out.cross_attentions)),
    }


MODELS = {function.__name__: function for function in (minilm, smollm2, dinov2, whisper)}

if __name__ == "__main__":
    if find_spec("transformers") is None:
        use_peers()
    torch.set_num_threads(1)
    for name in sys.argv[1:] or MODELS:
        with torch.no_grad():
            print(json.dumps({"model": name, **MODELS[name]()}), flush=True)
