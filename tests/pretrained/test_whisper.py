"""Whisper: made-up weights against the formula, the real ones against stored reference outputs and a recording."""

import itertools
import os
import re

import pytest
import torch
from torch.nn import functional as F

from course_attn.cache import KeyValueCache
from course_attn.files import fetch
from course_attn.pretrained.alignment import look, starts
from course_attn.pretrained.pins import EVER_TRIED, RECORDINGS
from course_attn.pretrained.speech import log_mel, read_wav, resample
from course_attn.pretrained.whisper import END, NO_TIMES, START, Whisper, fill_whisper, load_whisper
from course_attn.recording import record_weights

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


def test_with_caches_token_by_token():
    model, mel, tokens = tiny(), torch.randn(1, 2 * FRAMES, MELS), torch.tensor([[2, 5, 3, 12, 7]])
    with torch.no_grad():
        memory, mask = model.encode(mel)
        own, crossed = ([KeyValueCache(1, room, H, D // H) for _ in range(LAYERS)] for room in (5, FRAMES))
        steps = [model.decode(tokens[:, i : i + 1], memory, mask, caches=own, memory_caches=crossed) for i in range(5)]
        torch.testing.assert_close(torch.cat(steps, 1), model(mel, tokens))


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


@pytest.mark.parametrize("call", [Whisper.transcribe, Whisper.word_times])
@pytest.mark.parametrize(
    ("audio", "rate", "message"),
    [
        (torch.zeros(8000), 8000, "rate must be 16000 samples a second, got int 8000 (resample(audio, rate) brings it"),
        (torch.zeros(0), 16_000, "audio must be a non-empty tensor"),
        (torch.zeros(480_001), 16_000, "(Whisper hears 30 seconds)"),
        (torch.zeros(2, 100), 16_000, "audio must be of shape (T,), got shape (2, 100)"),
    ],
)
def test_bad_audio(call, audio, rate, message):
    model = tiny()
    model.tokenizer = "loaded"
    with pytest.raises(ValueError, match=re.escape(message)):
        call(model, audio, rate)


class Numbers:
    """A tokenizer whose tokens are numbers, as far as Whisper asks."""

    def token_to_id(self, token):
        return {START: 0, NO_TIMES: 1, END: 2}[token]

    def decode(self, tokens):
        return "".join(f" {token}" for token in tokens if token > 2)


def small_that_hears():
    """Untrained, but with frames and layers enough for real sound and for the heads that follow it."""
    torch.manual_seed(7)
    model = Whisper(13, 80, 1500, 11, 12, 6, 4).eval()
    model.tokenizer = Numbers()
    with torch.no_grad():
        model.embedding.weight[2] = 0.0  # it ends only where nothing else has a positive score
    return model


def test_words_and_their_times_are_those_of_the_text():
    model = small_that_hears()
    audio = 0.1 * torch.randn(16_000, generator=torch.Generator().manual_seed(1))
    text = model.transcribe(audio, 16_000, 5)
    words = model.word_times(audio, 16_000, 5)
    assert len(words) == 5
    assert "".join(f" {word.text}" for word in words) == text
    assert words[0].start == 0
    assert all(word.start <= word.end <= 1 for word in words)
    assert all(first.end == then.start for first, then in itertools.pairwise(words))
    tokens = torch.tensor([[0, 1, *(int(word.text) for word in words)]])
    maps = model.alignment_maps(audio, 16_000, tokens)
    assert maps.shape == (8, 7, 50)  # one second, without the silence added to it
    with record_weights(model) as records:
        model(log_mel(audio, 16_000)[None], tokens)
    torch.testing.assert_close(maps[2], records["decoder.blocks.2.cross_attention"][0, 5, :, :50])


def test_no_words():
    model = small_that_hears()
    with torch.no_grad():
        model.embedding.weight[2] = 100 * model.embedding.weight[5]
        model.embedding.weight[3:] = 0.0
        model.embedding.weight[:2] = 0.0
    audio = torch.zeros(16_000)
    if model.transcribe(audio, 16_000, 3):
        with torch.no_grad():
            model.embedding.weight[2] *= -1  # the end's score was negative: now it wins at once
    assert model.transcribe(audio, 16_000, 3) == ""
    assert model.word_times(audio, 16_000, 3) == []


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


def real_model_and_speech(real_weights):
    real_weights("whisper")
    speech, rate = read_wav(fetch(EVER_TRIED))
    return load_whisper(), speech, rate


@pytest.mark.slow
def test_the_real_decoder_against_the_reference(real_weights, golden):
    model, speech, rate = real_model_and_speech(real_weights)
    stored = golden("whisper")
    tokens = model._tokens(speech, rate, 100)
    assert tokens[0, 2:-1].tolist() == stored["text"].tolist()
    with torch.no_grad():
        logits = model(log_mel(speech, rate)[None], tokens)
    torch.testing.assert_close(logits[0, :, ::211], stored["logits"], atol=1e-3, rtol=1e-4)
    maps = model.alignment_maps(speech, rate, tokens)
    assert maps.shape == (8, 21, 498)  # 9.96 seconds
    torch.testing.assert_close(maps[:, :, :495:9], stored["looks"][:, :, :55], atol=1e-4, rtol=0)
    begins = starts(look(maps)[1:-1], 0.02)
    assert len(begins) == len(stored["starts"])
    # Each within one place of CTranslate2's own alignment.
    torch.testing.assert_close(torch.tensor(begins), 0.02 * stored["starts"], atol=0.0201, rtol=0)


@pytest.mark.slow
def test_the_real_one_hears_words_where_they_are_loud(real_weights):
    model, speech, rate = real_model_and_speech(real_weights)
    words = model.word_times(speech, rate)
    assert (
        " ".join(word.text for word in words)
        == "Ever tried, ever failed. No matter, try again. Fail again. Fail better."
    )
    assert all(word.start < word.end for word in words)
    assert all(first.end <= then.start for first, then in itertools.pairwise(words))
    # Six phrases; their pauses are heard too. Measured on the sound itself: where 50 ms are louder than a fifth of the
    # loudest for the first time after a pause.
    loud = speech[: len(speech) // 800 * 800].view(-1, 800).square().mean(1).sqrt()
    loud = loud > loud.max() / 5
    onsets = [i * 0.05 for i in range(6, len(loud)) if loud[i] and not loud[i - 6 : i].any()]
    assert len(onsets) == 6
    firsts = [words[place] for place in (2, 4, 6, 8, 10)]
    for word, onset in zip(firsts, onsets[1:], strict=True):
        assert abs(word.start - onset) < 0.3, (word, onset)
    for word, then in zip(
        (words[1], words[3], words[7], words[9]), (firsts[0], firsts[1], firsts[3], firsts[4]), strict=True
    ):
        assert then.start - word.end > 0.5, (word, then)  # the pause belongs to neither


@pytest.mark.slow
@pytest.mark.parametrize("order", [("Front_Center", "Side_Left"), ("Side_Left", "Front_Center")])
def test_recordings_at_another_rate_in_either_order(real_weights, order):
    """Two recordings with half a second of silence between: every word is heard in its own."""
    real_weights("whisper")
    if os.environ.get("CI") != "true" and not all(file.path.exists() for file in RECORDINGS.values()):
        pytest.skip("the recordings of Debian's alsa-utils are not in the cache")
    first, second = (resample(*read_wav(fetch(RECORDINGS[name]))) for name in order)
    words = load_whisper().word_times(torch.cat([first, torch.zeros(8000), second]), 16_000)
    assert [re.sub(r"\W", "", word.text.lower()) for word in words] == "_".join(order).lower().split("_")
    ends, begins = len(first) / 16_000, len(first) / 16_000 + 0.5
    assert words[1].end <= ends + 0.05
    assert begins <= words[2].start
    assert all(word.end - word.start > 0.1 for word in words)


@pytest.mark.slow
def test_silence_has_no_words_or_few(real_weights):
    model, _, rate = real_model_and_speech(real_weights)
    words = model.word_times(torch.zeros(rate), rate, 5)
    assert all(0 <= word.start <= word.end <= 1 for word in words)


def test_sound_and_tokens_on_another_device_are_named():
    model, mel, tokens = tiny(), torch.zeros(1, 4, MELS), torch.zeros(1, 3, dtype=torch.long)
    with pytest.raises(ValueError, match=r"Whisper\.encode: mel must be on the layer's device, cpu, got device meta"):
        model(mel.to("meta"), tokens)
    with pytest.raises(
        ValueError, match=r"Whisper\.decode: tokens must be on the layer's device, cpu, got device meta"
    ):
        model(mel, tokens.to("meta"))
