"""Recordings on their way into Whisper: read, brought to its rate, and turned into a picture of frequencies."""

from __future__ import annotations

import math
import wave
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_attn._checks import check_axes, check_count, describe, error
from course_attn._numbers import check_untraced
from course_attn._readable import numbers_can_be_read

RATE = 16_000  # samples a second that Whisper hears
WINDOW, HOP = 400, 160  # samples: 25 ms, every 10 ms
NUM_MELS, SECONDS = 80, 30
LOUDEST = 1.5  # mixing and resampling may carry a recording a little beyond 1; 16-bit numbers lie far outside


def read_wav(path: Path) -> tuple[Tensor, int]:
    """Read a WAV file of 16-bit numbers.

    Returns:
        Samples from -1 to 1, ``(T,)``, the mean of the channels; and their rate.

    Raises:
        ValueError: If the file is no WAV file, is cut short, has other numbers, or holds no sound.
    """
    try:
        with wave.open(str(path), "rb") as file:
            width, channels, rate, frames = (
                file.getsampwidth(),
                file.getnchannels(),
                file.getframerate(),
                file.getnframes(),
            )
            data = file.readframes(frames)
    except (wave.Error, EOFError) as problem:
        raise error("read_wav", "the file", "a WAV file", f"{path.name}: {problem}") from problem
    if width != 2:
        raise error("read_wav", "samples", "16-bit numbers", f"{8 * width}-bit numbers")
    if not frames or len(data) != frames * channels * width:
        raise error("read_wav", "the file", f"{frames} frames long, and at least one", f"{len(data)} bytes of sound")
    samples = torch.from_numpy(np.frombuffer(data, "<i2").astype(np.float32)) / 32768
    return samples.unflatten(0, (-1, channels)).mean(1), rate


def resample(audio: Tensor, rate: int, wanted: int = RATE) -> Tensor:
    """Bring samples ``(T,)`` to another rate: frequencies that the new one cannot hold are left out.

    Raises:
        ValueError: If the audio is not ``(T,)`` or not from -1 to 1, or a rate is not a positive whole number.
    """
    _check_audio("resample", audio)
    check_count("resample", "rate", rate)
    check_count("resample", "wanted", wanted)
    if rate == wanted:
        return audio
    check_untraced("resample", "audio")
    length = max(1, round(audio.shape[0] * wanted / rate))
    spectrum = torch.fft.rfft(audio)[: length // 2 + 1]
    return torch.fft.irfft(spectrum, n=length) * (length / audio.shape[0])


def log_mel(audio: Tensor, rate: int) -> Tensor:
    r"""How loud each of 80 bands is, a hundred times a second, for thirty seconds.

    Args:
        audio: Samples from -1 to 1, ``(T,)``, at most thirty seconds; silence is added up to there.
        rate: Samples a second. Whisper hears 16 000; other rates must be brought there first.

    Returns:
        ``(3000, 80)``: logarithms, at most 8 powers of ten below the loudest, moved to about -1 to 1.

    Raises:
        ValueError: If the audio is empty, too long, not ``(T,)``, has numbers that are none or beyond 1.5, or is of
            another rate.

    Source: Radford et al., 2022, section 2.2, arXiv 2212.04356; the bands are Slaney's, 1998.
    Chapter: Transformer.
    """
    _check_audio("log_mel", audio)
    if rate != RATE:
        raise error(
            "log_mel", "rate", f"{RATE} samples a second", describe(rate), "resample(audio, rate) brings it there"
        )
    if audio.shape[0] > RATE * SECONDS:
        raise error(
            "log_mel", "audio", f"of at most {RATE * SECONDS} samples", describe(audio), "Whisper hears 30 seconds"
        )
    padded = torch.nn.functional.pad(audio.float(), (0, RATE * SECONDS - audio.shape[0]))
    window = torch.hann_window(WINDOW, device=audio.device)
    spectrum = torch.stft(padded, WINDOW, HOP, window=window, return_complex=True)[:, :-1]  # (201, 3000)
    power = mel_filters().to(audio.device) @ spectrum.abs().square()  # (80, 3000)
    logs = power.clamp(min=1e-10).log10()
    return ((logs.clamp(min=logs.detach().max() - 8) + 4) / 4).T


def _check_audio(where: str, audio: Tensor) -> None:
    """Require floating-point samples ``(T,)``, finite and about from -1 to 1."""
    if isinstance(audio, Tensor) and not audio.is_floating_point():
        advice = "divide 16-bit numbers by 32768: audio / 32768"
        raise error(where, "audio", "floating-point samples from -1 to 1", describe(audio), advice)
    check_axes(where, "audio", audio, "T")
    if not numbers_can_be_read(audio):
        return
    loudest = float(audio.detach().abs().max())
    if not math.isfinite(loudest):
        raise error(where, "audio", "finite in every sample", "NaN or infinity")
    if loudest > LOUDEST:
        advice = "divide samples that were 16-bit numbers by 32768, others by the largest"
        raise error(where, "audio", "from -1 to 1", f"a sample of size {loudest:.4g}", advice)


def mel_filters(num_mels: int = NUM_MELS) -> Tensor:
    """Triangles over the frequencies of a spectrum, as wide as the ear hears apart: ``(num_mels, 201)``."""
    check_count("mel_filters", "num_mels", num_mels)
    frequencies = torch.linspace(0, RATE / 2, WINDOW // 2 + 1, dtype=torch.float64)
    step = math.log(6.4) / 27  # above 1000 Hz, 15 mel, the scale is logarithmic
    top = 15 + math.log(RATE / 2 / 1000) / step
    mels = torch.linspace(0, top, num_mels + 2, dtype=torch.float64)
    edges = torch.where(mels < 15, mels * 200 / 3, 1000 * (step * (mels - 15)).exp())  # in Hz
    left, middle, right = (edges[i : i + num_mels, None] for i in range(3))
    rising, falling = (frequencies - left) / (middle - left), (right - frequencies) / (right - middle)
    return (torch.minimum(rising, falling).clamp(min=0) * 2 / (right - left)).float()  # each of area 1
