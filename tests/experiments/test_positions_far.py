"""The one change at a time of the rotary model: what each does to the scores, and what it leaves alone."""

from __future__ import annotations

import math

import torch

from course_attn.attention import attention
from course_attn.masks import causal_mask
from course_attn.positional import Rotary
from experiments import positions_far as far

B, H, N, D = 2, 3, 11, 6


def heads() -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(B, H, N, D, generator=generator, dtype=torch.float64) for _ in range(3))


def turned(bare: torch.Tensor) -> torch.Tensor:
    return Rotary(D).rotate(bare)


def test_sequences_ask_for_what_stands_as_far_back_as_the_token_says():
    tokens, answer = far.sequences(torch.Generator().manual_seed(0), 7, 13)
    for row, wanted in zip(tokens.tolist(), answer.tolist(), strict=True):
        for i, back in enumerate(row):
            assert wanted[i] == (row[i - back] if i >= back else -100)


def test_distances_within_the_trained_ones_are_left_alone(monkeypatch):
    monkeypatch.setattr(far, "TRAINED", N)
    query, key, value = heads()
    query, key, mask = turned(query), turned(key), causal_mask(N, N)
    plain, weights = attention(query, key, value, mask)
    for attend in (far.clipped(Rotary(D)), far.in_window, far.as_many_from_anywhere):
        output, found = attend(query, key, value, mask)
        torch.testing.assert_close(output, plain)
        torch.testing.assert_close(found, weights)


def test_a_clipped_distance_is_scored_as_the_farthest_trained_one(monkeypatch):
    monkeypatch.setattr(far, "TRAINED", 4)  # distances 0 to 3
    bare_query, bare_key, value = heads()
    mask = causal_mask(N, N)
    _, weights = far.clipped(Rotary(D))(turned(bare_query), turned(bare_key), value, mask)
    for i in range(N):
        scores = []
        for j in range(i + 1):
            moved = Rotary(D).rotate(bare_query[:, :, i : i + 1], torch.tensor([min(i - j, 3)]))[:, :, 0]
            scores.append((moved * bare_key[:, :, j]).sum(-1) / math.sqrt(D))
        torch.testing.assert_close(weights[:, :, i, : i + 1], torch.stack(scores, -1).softmax(-1))


def test_a_window_and_keys_from_anywhere_leave_as_many_keys(monkeypatch):
    monkeypatch.setattr(far, "TRAINED", 7)
    query, key, value = heads()
    for attend in (far.in_window, far.as_many_from_anywhere):
        kept = attend(query, key, value, causal_mask(N, N))[1] > 0
        assert kept[0, 0].sum(-1).tolist() == [min(i + 1, 7) for i in range(N)]
        for i in range(N):  # what is asked for is always among them
            assert bool(kept[0, 0, i, max(0, i - far.FARTHEST) : i + 1].all())
    assert bool(kept[0, 0, -1, : N - 7].any())  # from anywhere: some beyond the window


def test_a_slowed_clock_turns_by_a_fraction_of_the_position():
    bare = heads()[0]
    torch.testing.assert_close(far.Slowed(Rotary(D), 1.0).rotate(bare), turned(bare))
    slowed = far.Slowed(Rotary(D), 0.25).rotate(bare)
    torch.testing.assert_close(slowed[:, :, 8], turned(bare[:, :, 8:9].expand(B, H, 3, D))[:, :, 2])


def test_the_bias_in_a_window_hides_what_is_farther(monkeypatch):
    monkeypatch.setattr(far, "TRAINED", 3)
    bias = far.InWindow(lambda n, m: torch.zeros(2, n, m))(5, 5)
    assert bias[1, 4].tolist() == [-math.inf, -math.inf, 0, 0, 0]
