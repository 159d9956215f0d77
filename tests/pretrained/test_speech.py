"""From a recording to log-mel frames."""

import re
import wave

import pytest
import torch

from course_attn.pretrained.speech import log_mel, mel_filters, read_wav, resample


def tone(rate, hertz=440.0, seconds=0.5):
    return 0.5 * torch.sin(2 * torch.pi * hertz * torch.arange(int(rate * seconds)) / rate)


def write(path, samples, rate=8000, width=2, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples)
    return path


def test_a_wav_file_of_two_channels(tmp_path):
    numbers = torch.tensor([[0, 16384], [-32768, 0], [8192, 8192]], dtype=torch.int16)
    samples, rate = read_wav(write(tmp_path / "a.wav", numbers.numpy().tobytes(), channels=2))
    assert rate == 8000
    assert samples.tolist() == [0.25, -0.5, 0.25]


def test_wav_files_it_cannot_read(tmp_path):
    with pytest.raises(ValueError, match="samples must be 16-bit numbers, got 8-bit numbers"):
        read_wav(write(tmp_path / "a.wav", b"abc", width=1))
    with pytest.raises(ValueError, match="at least one, got 0 bytes of sound"):
        read_wav(write(tmp_path / "a.wav", b""))
    path = write(tmp_path / "a.wav", bytes(100))
    path.write_bytes(path.read_bytes()[:-11])
    with pytest.raises(ValueError, match="the file must be 50 frames long, and at least one, got 89 bytes of sound"):
        read_wav(path)
    path.write_bytes(b"text")
    with pytest.raises(ValueError, match=r"the file must be a WAV file, got a\.wav: "):
        read_wav(path)


@pytest.mark.parametrize("rate", [48_000, 44_100, 8_000])
def test_another_rate(rate):
    out = resample(tone(rate), rate)
    assert len(out) == 8000
    torch.testing.assert_close(out[500:-500], tone(16_000)[500:-500], atol=5e-3, rtol=0)
    assert resample(out, 16_000) is out


def test_what_the_new_rate_cannot_hold_is_left_out():
    assert resample(tone(48_000, 11_000.0), 48_000).abs().max() < 0.01


def test_the_filters():
    filters = mel_filters()
    assert filters.shape == (80, 201)
    assert bool((filters >= 0).all())
    assert filters.argmax(-1).diff().min() >= 0
    # A triangle of area 1 on a grid of 40 Hz, where it is wide enough for the grid to see it.
    torch.testing.assert_close(filters[50:].sum(-1) * 40, torch.ones(30), atol=0.05, rtol=0)


def test_equal_to_the_reference(golden):
    t = torch.arange(32_000, dtype=torch.float64) / 16_000
    sound = (0.3 * torch.sin(2 * torch.pi * (300 + 900 * t) * t) * torch.sin(torch.pi * t / 2)).float()
    torch.testing.assert_close(log_mel(sound, 16_000)[::23], golden("whisper")["mel"], atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("audio", "rate", "message"),
    [
        (
            tone(48_000),
            48_000,
            "rate must be 16000 samples a second, got int 48000 (resample(audio, rate) brings it there)",
        ),
        (torch.zeros(0), 16_000, "log_mel: audio must be a non-empty tensor, got shape (0,), float32"),
        (torch.zeros(480_001), 16_000, "(Whisper hears 30 seconds)"),
        (torch.zeros(2, 50), 16_000, "audio must be of shape (T,), got shape (2, 50)"),
        (torch.tensor([0.0, torch.nan]), 16_000, "audio must be finite in every sample, got NaN or infinity"),
        (torch.tensor([0.0, -torch.inf]), 16_000, "audio must be finite in every sample, got NaN or infinity"),
        (torch.tensor([0.1, -1.6]), 16_000, "log_mel: audio must be from -1 to 1, got a sample of size 1.6 (divide"),
        (
            torch.tensor([5.0, 32767.0]),
            16_000,
            "from -1 to 1, got a sample of size 3.277e+04 (divide samples that were",
        ),
        (
            torch.ones(3, dtype=torch.int16),
            16_000,
            "audio must be floating-point samples from -1 to 1, got shape (3,), int16 (divide 16-bit numbers by 32768: "
            "audio / 32768)",
        ),
        ([0.1, 0.2], 16_000, "audio must be a torch.Tensor, got list [0.1, 0.2]"),
    ],
)
def test_bad_audio(audio, rate, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        log_mel(audio, rate)


def test_a_recording_may_overshoot_a_little():
    loud = tone(16_000)[:800] / tone(16_000)[:800].abs().max() * 1.4
    assert bool(log_mel(loud, 16_000).isfinite().all())
    numbers = (loud / 1.4 * 32767).to(torch.int16)
    torch.testing.assert_close(log_mel(numbers / 32768, 16_000), log_mel(loud / 1.4, 16_000), atol=2e-2, rtol=0)


def test_bad_rates():
    with pytest.raises(ValueError, match=re.escape("resample: audio must be from -1 to 1, got a sample of size 1000")):
        resample(torch.full((9,), 1000.0), 8000)
    with pytest.raises(ValueError, match=re.escape("resample: audio must be floating-point samples from -1 to 1")):
        resample(torch.ones(9, dtype=torch.int16), 8000)
    with pytest.raises(ValueError, match="resample: rate must be a whole number of at least 1, got int 0"):
        resample(tone(100), 0)
