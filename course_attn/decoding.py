"""Decoding: from scores for the next token to whole sequences, greedily or with a beam.

The two searches know no model. They ask a function for the scores of the next token, and to reorder its rows;
:class:`SourceSteps` and :class:`PromptSteps` are such functions, with caches, for the package's models.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from course_attn._checks import check_count, check_positive, check_rows, describe, error
from course_attn.cache import KeyValueCache
from course_attn.language_model import CausalLanguageModel
from course_attn.transformer import Transformer


class Steps(Protocol):
    """What a search needs of a model: it remembers ``R`` rows, each a sequence so far."""

    def __call__(self, tokens: Tensor) -> Tensor:
        """Append the newest tokens ``(R, N)``, return scores of the next one ``(R, V)``."""
        ...

    def reorder(self, rows: Tensor) -> None:
        """Let row ``r`` continue what row ``rows[r]`` has been; ``rows`` may be longer or shorter than before."""
        ...


@torch.no_grad()
def greedy_decode(steps: Steps, prompt: Tensor, num_tokens: int, *, end: int | None = None, pad: int = 0) -> Tensor:
    """Take the likeliest next token, again and again.

    Args:
        steps: Gives the scores of the next token.
        prompt: First tokens ``(B, N)``, often one start token a row.
        num_tokens: How many tokens to add at most.
        end: The token that ends a sequence; None to go on.
        pad: Fills up sequences that ended.

    Returns:
        Token numbers ``(B, N + at most num_tokens)``, the prompt included; as long as the longest needs.

    Raises:
        ValueError: If the prompt is not whole numbers ``(B, N)`` or ``num_tokens`` is not positive.

    Chapter: The Transformer.
    """
    _check_search("greedy_decode", prompt, num_tokens)
    tokens, newest = [prompt], prompt
    done = torch.zeros(len(prompt), 1, dtype=torch.bool, device=prompt.device)  # (B, 1)
    for _ in range(num_tokens):
        newest = steps(newest).argmax(-1, keepdim=True).masked_fill(done, pad)  # (B, 1)
        tokens.append(newest)
        if end is not None:
            done = done | (newest == end)
            if bool(done.all()):
                break
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
        ValueError: As :func:`greedy_decode`; also if ``num_beams`` is not positive, the penalty is negative or ``pad``
            is no token.

    Source: Wu et al., 2016, equation 14, arXiv 1609.08144.
    Chapter: The Transformer.
    """
    _check_search("beam_search", prompt, num_tokens)
    check_count("beam_search", "num_beams", num_beams)
    if length_penalty:
        check_positive("beam_search", "length_penalty", length_penalty)
    batch, k = len(prompt), num_beams
    first_row = torch.arange(batch, device=prompt.device)[:, None] * k  # (B, 1): where the beams of each start
    log_p = steps(prompt).log_softmax(-1).repeat_interleave(k, dim=0)  # (B * k, V)
    vocabulary = log_p.shape[-1]
    if not 0 <= pad < vocabulary:
        raise error("beam_search", "pad", f"a token, from 0 to {vocabulary - 1}", str(pad))
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
        reach = torch.where(done, ranking, total / penalty(torch.tensor(num_tokens)))
        if bool((done[:, 0] & (reach <= ranking[:, :1]).all(1)).all()):
            break
        steps.reorder(rows)
    best = tokens.view(batch, k, -1)[:, 0]
    return best[:, : prompt.shape[1] + int(length[:, 0].max())], ranking[:, 0]


class SourceSteps:
    """Steps of a :class:`~course_attn.transformer.Transformer` that decodes a source.

    Args:
        model: In eval mode.
        source: Token numbers ``(B, M)``, padded at the end.
        max_length: Room in the caches: prompt and new tokens together.
        cached: If False, everything is computed anew at each step, to the same tokens.

    Raises:
        ValueError: If the model is in training mode or ``max_length`` is not positive.

    Chapter: The Transformer.
    """

    @torch.no_grad()
    def __init__(self, model: Transformer, source: Tensor, max_length: int, *, cached: bool = True):
        _check_model("SourceSteps", model, max_length)
        self.model = model
        self.memory, mask = model.encode(source)
        self.memory_mask = None if bool(mask.all()) else mask  # nothing padded: nothing to hide at any step
        self.sources = torch.arange(len(source), device=source.device)  # which source each row decodes
        self.tokens = source.new_zeros(len(source), 0)  # all so far, if there is no cache
        self.caches: list[KeyValueCache] | None = None
        self.memory_caches: list[KeyValueCache] | None = None
        if cached:
            blocks = list(model.decoder.blocks)
            self.caches = [_cache_for(block.attention, self.memory, max_length) for block in blocks]
            length = source.shape[1]
            self.memory_caches = [_cache_for(block.cross_attention, self.memory, length) for block in blocks]

    @torch.no_grad()
    def __call__(self, tokens: Tensor) -> Tensor:
        """Append the newest tokens ``(R, N)``, return scores of the next one ``(R, V)``."""
        if self.caches is None:
            self.tokens = tokens = torch.cat([self.tokens, tokens], dim=1)
        caches = {"caches": self.caches, "memory_caches": self.memory_caches}
        return self.model.decode(tokens, self.memory, self.memory_mask, **caches)[:, -1]

    def reorder(self, rows: Tensor) -> None:
        """Let row ``r`` continue what row ``rows[r]`` has been."""
        check_rows("SourceSteps.reorder", rows, len(self.sources))
        self.tokens = self.tokens[rows]
        for cache in self.caches or ():
            cache.reorder(rows)
        before, self.sources = self.sources, self.sources[rows]
        if not torch.equal(before, self.sources):  # beams of one source share its memory: usually nothing moves
            self.memory = self.memory[rows]
            self.memory_mask = None if self.memory_mask is None else self.memory_mask[rows]
            for cache in self.memory_caches or ():
                cache.reorder(rows)


class PromptSteps:
    """Steps of a :class:`~course_attn.language_model.CausalLanguageModel` that continues a prompt.

    Args:
        model: In eval mode.
        batch: How many prompts there will be.
        max_length: Room in the caches: prompt and new tokens together.
        cached: If False, everything is computed anew at each step, to the same tokens.

    Raises:
        ValueError: If the model is in training mode or a size is not positive.

    Chapter: The Transformer.
    """

    def __init__(self, model: CausalLanguageModel, batch: int, max_length: int, *, cached: bool = True):
        _check_model("PromptSteps", model, max_length)
        check_count("PromptSteps", "batch", batch)
        self.model = model
        weight = model.embedding.weight
        self.tokens = torch.zeros(batch, 0, dtype=torch.long, device=weight.device)
        self.caches: list[KeyValueCache] | None = None
        if cached:
            rows = weight[:1].expand(batch, -1)  # for its batch, dtype and device
            self.caches = [_cache_for(block.attention, rows, max_length) for block in model.decoder.blocks]

    @torch.no_grad()
    def __call__(self, tokens: Tensor) -> Tensor:
        """Append the newest tokens ``(R, N)``, return scores of the next one ``(R, V)``."""
        if self.caches is None:
            self.tokens = tokens = torch.cat([self.tokens, tokens], dim=1)
        return self.model(tokens, caches=self.caches)[:, -1]

    def reorder(self, rows: Tensor) -> None:
        """Let row ``r`` continue what row ``rows[r]`` has been."""
        check_rows("PromptSteps.reorder", rows, len(self.tokens))
        self.tokens = self.tokens[rows]
        for cache in self.caches or ():
            cache.reorder(rows)


def _cache_for(attention: Any, like: Tensor, length: int) -> KeyValueCache:
    """Room for one attention layer, with the batch, dtype and device of ``like``."""
    heads, d_head = attention.num_kv_heads, attention.d_head
    return KeyValueCache(len(like), length, heads, d_head, dtype=like.dtype, device=like.device)


def _check_model(where: str, model: nn.Module, max_length: int) -> None:
    if model.training:
        raise error(where, "model", "in eval mode", "training mode", "call model.eval(): dropout would be drawn")
    check_count(where, "max_length", max_length)


def _check_search(where: str, prompt: Tensor, num_tokens: int) -> None:
    if not isinstance(prompt, Tensor) or prompt.dtype != torch.long or prompt.dim() != 2 or prompt.numel() == 0:
        raise error(where, "prompt", "int64 numbers of shape (B, N)", describe(prompt))
    check_count(where, "num_tokens", num_tokens)
