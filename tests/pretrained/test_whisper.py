"""Whisper: made-up weights against the formula, the real ones against stored reference outputs and a recording."""

import os
import re

import pytest
import torch
from torch.nn import functional as F

from course_attn.files import fetch
from course_attn.pretrained.pins import RECORDINGS
from course_attn.pretrained.speech import log_mel, read_wav, resample
from course_attn.pretrained.whisper import Whisper, fill_whisper, load_whisper

V, MELS, FRAMES, LENGTH, D, H, LAYERS = 13, 5, 7, 11, 6, 3, 2


def made_up():
    """Tensors with CTranslate2's names, of a very small Whisper."""
    shapes = {
        "encoder/conv1/weight": (D, MELS, 3),
        "encoder/conv1/bias": (D,),
        "encoder/conv2/weight": (D, D, 3),
        "encoder/conv2/bias": (D,),
        "encoder/position_encodings/encodings": (FRAMES, D),
        "decoder/position_encodings/encodings": (LENGTH, D),
        "decoder/embeddings/weight": (V, D),
        "decoder/num_heads": (),
    }
    names = []
    for side in ("encoder", "decoder"):
        names.append((f"{side}/layer_norm", None))
        for i in range(LAYERS):
            layer = f"{side}/layer_{i}"
            parts = {"self_attention": [(3 * D, D), (D, D)], "ffn": [(4 * D, D), (D, 4 * D)]}
            if side == "decoder":
                parts["attention"] = [(D, D), (2 * D, D), (D, D)]
            for part, linears in parts.items():
                names.append((f"{layer}/{part}/layer_norm", None))
                names += [(f"{layer}/{part}/linear_{n}", shape) for n, shape in enumerate(linears)]
    for name, shape in names:
        shapes |= (
            {f"{name}/gamma": (D,), f"{name}/beta": (D,)}
            if shape is None
            else {f"{name}/weight": shape, f"{name}/bias": shape[:1]}
        )
    generator = torch.Generator().manual_seed(5)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def tiny():
    model = Whisper(V, MELS, FRAMES, LENGTH, D, H, LAYERS).eval()
    fill_whisper(model, made_up())
    return model


def by_formula(t, mel, tokens):
    """The model written out with torch's functions and the file's names."""

    def norm(name, x):
        return F.layer_norm(x, (D,), t[f"{name}/gamma"], t[f"{name}/beta"])

    def linear(name, x):
        return F.linear(x, t[f"{name}/weight"], t[f"{name}/bias"])

    def attend(q, k, v, causal):
        q, k, v = (y.unflatten(-1, (H, -1)).transpose(1, 2) for y in (q, k, v))
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).flatten(2)

    def stack(side, x, memory):
        for i in range(LAYERS):
            name = f"{side}/layer_{i}/self_attention"
            q, k, v = linear(f"{name}/linear_0", norm(f"{name}/layer_norm", x)).chunk(3, -1)
            x = x + linear(f"{name}/linear_1", attend(q, k, v, memory is not None))
            name = f"{side}/layer_{i}/attention"
            if memory is not None:
                q = linear(f"{name}/linear_0", norm(f"{name}/layer_norm", x))
                k, v = linear(f"{name}/linear_1", memory).chunk(2, -1)
                x = x + linear(f"{name}/linear_2", attend(q, k, v, False))
            name = f"{side}/layer_{i}/ffn"
            hidden = F.gelu(linear(f"{name}/linear_0", norm(f"{name}/layer_norm", x)))
            x = x + linear(f"{name}/linear_1", hidden)
        return norm(f"{side}/layer_norm", x)

    x = F.gelu(F.conv1d(mel.transpose(1, 2), t["encoder/conv1/weight"], t["encoder/conv1/bias"], padding=1))
    x = F.gelu(F.conv1d(x, t["encoder/conv2/weight"], t["encoder/conv2/bias"], stride=2, padding=1)).transpose(1, 2)
    memory = stack("encoder", x + t["encoder/position_encodings/encodings"][: x.shape[1]], None)
    y = t["decoder/embeddings/weight"][tokens] + t["decoder/position_encodings/encodings"][: tokens.shape[1]]
    return stack("decoder", y, memory) @ t["decoder/embeddings/weight"].T


def test_equal_to_the_formula_with_made_up_weights():
    mel, tokens = torch.randn(2, 2 * FRAMES, MELS), torch.tensor([[2, 5, 3], [1, 12, 0]])
    torch.testing.assert_close(tiny()(mel, tokens), by_formula(made_up(), mel, tokens), atol=1e-4, rtol=1e-4)


def test_every_parameter_is_filled_and_every_tensor_used():
    model = Whisper(V, MELS, FRAMES, LENGTH, D, H, LAYERS)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(torch.nan)
    fill_whisper(model, made_up())
    assert all(bool(parameter.isfinite().all()) for parameter in model.parameters())
    with pytest.raises(ValueError, match=re.escape("1 left over, such as decoder/extra")):
        fill_whisper(model, made_up() | {"decoder/extra": torch.zeros(3)})
    with pytest.raises(
        ValueError, match=re.escape("tensor decoder/layer_1/attention/linear_1/bias must be in the file")
    ):
        fill_whisper(model, {k: v for k, v in made_up().items() if k != "decoder/layer_1/attention/linear_1/bias"})


def test_bad_input():
    model = tiny()
    with pytest.raises(ValueError, match=re.escape("tokenizer must be loaded, got None (load_whisper() brings it)")):
        model.transcribe(torch.zeros(5), 16_000)
    with pytest.raises(ValueError, match="num_tokens must be a whole number of at least 1"):
        model.word_times(torch.zeros(5), 16_000, 0)
    with pytest.raises(ValueError, match=re.escape("mel must be of shape (B, T, 5), got shape (2, 5, 14)")):
        model.encode(torch.randn(2, 5, 14))
    with pytest.raises(ValueError, match="tokens must be from 0 to 12, got 3 to 13"):
        model(torch.randn(1, 4, MELS), torch.tensor([[3, 13]]))


def made_up_sound():
    """The sound of tests/golden/make_pretrained.py."""
    t = torch.arange(32_000, dtype=torch.float64) / 16_000
    return (0.3 * torch.sin(2 * torch.pi * (300 + 900 * t) * t) * torch.sin(torch.pi * t / 2)).float()


@pytest.mark.slow
def test_the_real_one_against_the_reference(real_weights, golden):
    real_weights("whisper")
    stored = golden("whisper")
    with torch.no_grad():
        memory, _ = load_whisper().encode(log_mel(made_up_sound(), 16_000)[None])
    torch.testing.assert_close(memory[0, ::50], stored["memory"], atol=1e-4, rtol=0)


@pytest.mark.slow
def test_the_real_one_writes_down_a_recording(real_weights):
    real_weights("whisper")
    if os.environ.get("CI") != "true" and not all(file.path.exists() for file in RECORDINGS.values()):
        pytest.skip("the recordings of Debian's alsa-utils are not in the cache")
    sounds = [resample(*read_wav(fetch(RECORDINGS[name]))) for name in ("Front_Center", "Side_Left")]
    model, audio = load_whisper(), torch.cat(sounds)
    text = model.transcribe(audio, 16_000)
    assert re.findall(r"\w+", text.lower()) == ["front", "center", "side", "left"]
    times = model.word_times(audio, 16_000)
    assert " ".join(word for word, _ in times) == text.strip()
    # Heard at about 0.2, 1.0, 1.75 and 2.35 seconds: where the recordings are loud.
    for (_, found), heard in zip(times, (0.2, 1.0, 1.75, 2.35), strict=True):
        assert abs(found - heard) < 0.4
