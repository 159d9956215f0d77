"""Decoding: from scores for the next token to whole sequences, greedily or with a beam.

The two searches know no model. They ask a function for the scores of the next token, and to reorder its rows
(:class:`Steps`). :mod:`course_attn.steps` has such functions, with caches, for the package's models.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

import torch
from torch import Tensor

from course_attn._checks import check_callable, check_count, check_positive, check_same_device, describe, error
from course_attn._numbers import check_numbers
from course_attn.cache import undone_by_errors
from course_attn.steps import PromptSteps, SourceSteps

__all__ = ["PromptSteps", "SourceSteps", "Steps", "beam_search", "greedy_decode"]


class Steps(Protocol):
    """What a search needs of a model: it remembers ``R`` rows, each a sequence so far."""

    def __call__(self, tokens: Tensor) -> Tensor:
        """Append the newest tokens ``(R, N)``, return scores of the next one ``(R, V)``."""
        ...

    def reorder(self, rows: Tensor) -> None:
        """Let row ``r`` continue what row ``rows[r]`` has been; ``rows`` may be longer or shorter than before."""
        ...


@torch.no_grad()
def greedy_decode(
    steps: Steps,
    prompt: Tensor,
    num_tokens: int,
    *,
    lengths: Tensor | None = None,
    end: int | None = None,
    pad: int = 0,
) -> Tensor:
    """Take the likeliest next token, again and again.

    Args:
        steps: Gives the scores of the next token.
        prompt: First tokens ``(B, N)``, often one start token a row.
        num_tokens: How many tokens to add at most, behind place ``N``.
        lengths: How many tokens each prompt has, ``(B,)``, where they are not all ``N``. What stands behind a shorter
            prompt is not read: its own tokens are put there, as if it were decoded alone.
        end: The token that ends a sequence; None to go on.
        pad: Fills up sequences that ended.

    Returns:
        Token numbers ``(B, N + at most num_tokens)``, the prompt included; as long as the longest needs.

    Raises:
        ValueError: If the prompt is not whole numbers ``(B, N)``, ``num_tokens`` is not positive, or a length is not
            from 1 to ``N``; if a score of the last step is NaN. Earlier steps are not
            looked at, but a model that has met NaN remembers it. After any error, steps of this package are as they
            were.

    Chapter: The Transformer.
    """
    _check_search("greedy_decode", steps, prompt, num_tokens, pad)
    num_given = _lengths(prompt, lengths)  # (B, 1)
    start, width = int(num_given.min()), prompt.shape[1]
    newest = prompt[:, :start]
    tokens = [newest]
    done = torch.zeros(len(prompt), 1, dtype=torch.bool, device=prompt.device)  # (B, 1)
    with _undone_by_errors(steps):
        for place in range(start, width + num_tokens):
            scores = steps(newest)  # (B, V)
            check_same_device("greedy_decode", "the scores that steps gives", scores, prompt, "the prompt's")
            newest = scores.argmax(-1, keepdim=True)  # (B, 1)
            if end is not None:
                newest = newest.masked_fill(done, pad)
                done = done | ((newest == end) & (place >= num_given))
            if place < width:  # longer prompts are still being read
                newest = torch.where(place < num_given, prompt[:, place, None], newest)
            tokens.append(newest)
            if end is not None and bool(done.all()):
                break
        _check_scores("greedy_decode", scores)
    return torch.cat(tokens, dim=1)


@torch.no_grad()
def beam_search(
    steps: Steps,
    prompt: Tensor,
    num_tokens: int,
    num_beams: int,
    *,
    end: int | None = None,
    pad: int = 0,
    length_penalty: float = 0.0,
) -> tuple[Tensor, Tensor]:
    r"""Keep the best ``k`` beginnings instead of one.

    Sequences of different length are compared by :math:`\log p / \bigl(\tfrac{5 + L}{6}\bigr)^\alpha`. A sequence that
    ended stays among the ``k`` as long as its score does.

    Args:
        steps: Gives the scores of the next token; softmax is taken here.
        prompt: First tokens ``(B, N)``.
        num_tokens: How many tokens to add at most.
        num_beams: ``k``; 1 is greedy decoding.
        end: The token that ends a sequence; None to go on.
        pad: Fills up sequences that ended.
        length_penalty: :math:`\alpha \ge 0`; 0 favours short sequences, larger values longer ones.

    Returns:
        The best sequence of each row, ``(B, N + at most num_tokens)`` with the prompt, as long as the longest needs;
        and its score ``(B,)``.

    Raises:
        ValueError: As :func:`greedy_decode`; also if ``num_beams`` is not positive, the penalty is negative, ``pad``
            is no token, or a score is NaN.

    Source: Wu et al., 2016, equation 14, arXiv 1609.08144.
    Chapter: The Transformer.
    """
    _check_search("beam_search", steps, prompt, num_tokens, pad)
    check_count("beam_search", "num_beams", num_beams)
    if length_penalty != 0 or isinstance(length_penalty, bool):
        check_positive("beam_search", "length_penalty", length_penalty)
    batch, k = len(prompt), num_beams
    first_row = torch.arange(batch, device=prompt.device)[:, None] * k  # (B, 1): where the beams of each start
    with _undone_by_errors(steps):
        scores = steps(prompt)  # (B, V)
        check_same_device("beam_search", "the scores that steps gives", scores, prompt, "the prompt's")
        vocabulary = scores.shape[-1]
        if not 0 <= pad < vocabulary:
            raise error("beam_search", "pad", f"a token, from 0 to {vocabulary - 1}", str(pad))
        log_p = scores.log_softmax(-1).repeat_interleave(k, dim=0)  # (B * k, V)
        steps.reorder(torch.arange(batch, device=prompt.device).repeat_interleave(k))
        tokens = prompt.repeat_interleave(k, dim=0)  # (B * k, N)
        total = log_p.new_full((batch, k), -torch.inf)  # log-probability of each beam
        total[:, 0] = 0.0  # all beams are the same so far: only one counts
        length = log_p.new_zeros(batch, k)
        done = torch.zeros(batch, k, dtype=torch.bool, device=prompt.device)

        def penalty(length: Tensor) -> Tensor:
            return ((5 + length) / 6) ** length_penalty

        only_pad = log_p.new_full((vocabulary,), -torch.inf)
        only_pad[pad] = 0.0
        for step in range(num_tokens):
            if step:
                log_p = steps(tokens[:, -1:]).log_softmax(-1)
            # A sequence that ended goes on in one way, padding, which costs nothing.
            log_p = torch.where(done[..., None], only_pad, log_p.view(batch, k, vocabulary))  # (B, k, V)
            candidates = total[..., None] + log_p
            length = length + ~done
            ranked = candidates / penalty(length)[..., None]
            ranking, place = ranked.flatten(1).topk(k)  # (B, k), best first
            beam, token = place // vocabulary, place % vocabulary
            total = candidates.flatten(1).gather(1, place)
            length, done = length.gather(1, beam), done.gather(1, beam)
            if end is not None:
                done = done | (token == end)
            rows = (first_row + beam).flatten()  # (B * k,): the beam that each new one continues
            tokens = torch.cat([tokens[rows], token.view(-1, 1)], dim=1)
            # The most that each beam can still reach: its log-probability only falls, its penalty only grows.
            reach = torch.where(done, ranking, total / penalty(length.new_tensor(num_tokens)))
            if bool((done[:, 0] & (reach <= ranking[:, :1]).all(1)).all()):
                break
            steps.reorder(rows)
        _check_scores("beam_search", ranking)
    best = tokens.view(batch, k, -1)[:, 0]
    return best[:, : prompt.shape[1] + int(length[:, 0].max())], ranking[:, 0]


def _undone_by_errors(steps: Steps) -> AbstractContextManager[None]:
    """A search that raises leaves the package's steps as they were: another one can begin where it began."""
    caches = (*(getattr(steps, "caches", None) or ()), *(getattr(steps, "memory_caches", None) or ()))
    return undone_by_errors(steps, *caches)


def _lengths(prompt: Tensor, lengths: Tensor | None) -> Tensor:
    """How many tokens of each prompt are given, ``(B, 1)``."""
    batch, width = prompt.shape
    if lengths is None:
        return prompt.new_full((batch, 1), width)
    if not isinstance(lengths, Tensor) or lengths.dtype != torch.long or lengths.shape != (batch,):
        raise error("greedy_decode", "lengths", f"int64 numbers of shape ({batch},)", describe(lengths))
    check_same_device("greedy_decode", "lengths", lengths, prompt, "the prompt's")
    if int(lengths.min()) < 1 or int(lengths.max()) > width:
        got = f"{int(lengths.min())} to {int(lengths.max())}"
        raise error("greedy_decode", "lengths", f"from 1 to the prompt's {width} places", got)
    return lengths[:, None]


def _check_scores(where: str, scores: Tensor) -> None:
    """Refuse NaN, which argmax and topk put first; once, at the end: in a tiny model a look takes 2 % of a step."""
    if bool(scores.isnan().any()):
        raise error(where, "the scores that steps gives", "numbers", "NaN", "are the model's weights finite?")


def _check_search(where: str, steps: Steps, prompt: Tensor, num_tokens: int, pad: int) -> None:
    check_callable(where, "steps", steps, "as PromptSteps(model, batch, max_length) is")
    if not isinstance(prompt, Tensor) or prompt.dtype != torch.long or prompt.dim() != 2 or prompt.numel() == 0:
        raise error(where, "prompt", "int64 numbers of shape (B, N)", describe(prompt))
    check_numbers(where, "prompt", prompt)  # what comes next, and when it ends, are for the numbers to say
    check_count(where, "num_tokens", num_tokens)
    if isinstance(pad, bool) or not isinstance(pad, int):
        raise error(where, "pad", "the number of a token", describe(pad))
