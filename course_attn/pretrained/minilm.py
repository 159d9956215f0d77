"""MiniLM: a BERT of six layers, trained so that its mean vector tells what a sentence is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn._checks import check_multiple, describe, error
from course_attn._numbers import check_tokens
from course_attn.blocks import EncoderBlock, FeedForward
from course_attn.files import FileUnavailable, fetch_all
from course_attn.masks import padding_mask
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import LearnedPositions
from course_attn.pretrained.pins import MINILM_TOKENIZER, MINILM_WEIGHTS
from course_attn.pretrained.weights import Weights, check_text, import_tokenizers, unfilled
from course_attn.recording import record_weights


class MiniLM(nn.Module):
    r"""A BERT encoder: words, positions and one constant, a norm, then blocks with the norm after.

    .. math:: x_i = \mathrm{norm}(E_{t_i} + P_i + s), \qquad
        x \leftarrow \mathrm{norm}(x + \mathrm{attention}(x)), \qquad x \leftarrow \mathrm{norm}(x + \mathrm{FFN}(x))

    :func:`load_minilm` returns the trained one; the sizes left out here are its own.

    Args:
        vocabulary: How many tokens there are.
        max_length: How many places have a position.
        d_model: ``D``.
        num_heads: ``h``.
        num_layers: How many blocks.
        d_ff: Inner width of the feed-forward networks.

    Raises:
        ValueError: If a size is not as the parts want it; in ``forward``, if tokens do not fit.

    Source: Devlin et al., 2019, arXiv 1810.04805; Wang et al., 2020 (MiniLM), arXiv 2002.10957; Reimers & Gurevych,
        2019 (sentence vectors by the mean), arXiv 1908.10084.
    Chapter: Self-attention; Multi-head attention.
    """

    def __init__(
        self,
        vocabulary: int = 30522,
        max_length: int = 512,
        d_model: int = 384,
        num_heads: int = 12,
        num_layers: int = 6,
        d_ff: int = 1536,
    ):
        super().__init__()
        check_multiple("MiniLM", "d_model", d_model, num_heads)
        norm = partial(nn.LayerNorm, eps=1e-12)
        self.words = nn.Embedding(vocabulary, d_model)
        self.positions = LearnedPositions(max_length, d_model)
        # BERT tells two sentences apart by a learned vector for each; with one sentence it is the same everywhere.
        self.sentence = nn.Parameter(torch.zeros(d_model))
        self.norm = norm(d_model)
        self.blocks = nn.ModuleList(
            EncoderBlock(
                d_model,
                MultiHeadAttention(d_model, num_heads),
                FeedForward(d_model, d_ff, F.gelu),
                norm="after",
                make_norm=norm,
            )
            for _ in range(num_layers)
        )
        self.tokenizer: Any = None

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """Read sentences.

        Args:
            tokens: Numbers ``(B, N)``, each row ``[CLS] ... [SEP]``, filled up with anything.
            mask: Boolean, broadcastable to ``(B, h, N, N)``; False at keys that only fill up.

        Returns:
            One vector for each token in its context, ``(B, N, D)``.
        """
        return self.layers(tokens, mask)[-1]

    def layers(self, tokens: Tensor, mask: Tensor | None = None) -> list[Tensor]:
        """As ``forward``, but every stage: the embeddings, then the vectors ``(B, N, D)`` after each block."""
        check_tokens("MiniLM", "tokens", tokens, self.words.num_embeddings, self.words.weight)
        x = self.norm(self.positions(self.words(tokens) + self.sentence))  # (B, N, D)
        stages = [x]
        for block in self.blocks:
            stages.append(block(stages[-1], mask))
        return stages

    def encode(self, sentences: str | Sequence[str]) -> tuple[Tensor, Tensor, list[list[str]]]:
        """Cut sentences into tokens (WordPiece, lower case).

        Args:
            sentences: One or several.

        Returns:
            Numbers ``(B, N)``, mask ``(B, 1, 1, N)``, and the tokens of each sentence as text. A character
            that the vocabulary lacks becomes ``[UNK]``.

        Raises:
            ValueError: If a sentence is empty or has more tokens than there are positions.
        """
        where = "MiniLM.encode"
        sentences = [sentences] if isinstance(sentences, str) else sentences
        texts = list(sentences) if isinstance(sentences, Iterable) else []
        if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
            raise error(where, "sentences", "one or more texts, none of them empty", describe(sentences))
        for text in texts:
            check_text(where, "sentences", text)
        if self.tokenizer is None:
            raise error(where, "tokenizer", "loaded", "None", "load_minilm() brings it")
        encoded = [self.tokenizer.encode(text) for text in texts]
        lengths = [len(one.ids) for one in encoded]
        longest, room = max(lengths), len(self.positions.table)
        if longest > room:
            raise error(where, "sentences", f"of at most {room} tokens", f"{longest} tokens", "cut the text")
        tokens = torch.zeros(len(encoded), longest, dtype=torch.long)  # 0 is [PAD]
        for row, one in zip(tokens, encoded, strict=True):
            row[: len(one.ids)] = torch.tensor(one.ids)
        mask = padding_mask(torch.tensor(lengths), longest)[:, None]  # (B, 1, 1, N)
        device = self.sentence.device
        return tokens.to(device), mask.to(device), [one.tokens for one in encoded]

    def token_ids(self, words: Sequence[str]) -> Tensor:
        """Numbers ``(1, N)`` of tokens given one by one, as ``encode`` spells them (``"bank"``, ``"##ing"``).

        Raises:
            ValueError: If there is no token, or one is not in the vocabulary.
        """
        if self.tokenizer is None:
            raise error("MiniLM.token_ids", "tokenizer", "loaded", "None", "load_minilm() brings it")
        if not isinstance(words, (list, tuple)) or not words or not all(isinstance(word, str) for word in words):
            raise error("MiniLM.token_ids", "words", "a list of tokens, one or more", describe(words))
        numbers = [self.tokenizer.token_to_id(word) for word in words]
        for word, number in zip(words, numbers, strict=True):
            if number is None:
                raise error("MiniLM.token_ids", "words", "tokens of the vocabulary", repr(word), "see MiniLM.encode")
        return torch.tensor([numbers], device=self.sentence.device)

    @torch.no_grad()
    def sentence_vectors(self, sentences: str | Sequence[str]) -> Tensor:
        """The mean of each sentence's vectors, of length 1: ``(B, D)``; dot products are then cosines."""
        tokens, mask, _ = self.encode(sentences)
        real = mask[:, 0, 0, :, None].to(self.sentence.dtype)  # (B, N, 1)
        mean = (self(tokens, mask) * real).sum(1) / real.sum(1)  # (B, D)
        return F.normalize(mean, dim=-1)

    @torch.no_grad()
    def attention_maps(self, sentence: str) -> tuple[list[str], Tensor]:
        """Tokens of one sentence and all weights, ``(layers, h, N, N)``."""
        tokens, mask, words = self.encode([sentence])
        with record_weights(self) as records:
            self(tokens, mask)
        return words[0], torch.cat(list(records.values()))


def load_minilm() -> MiniLM:
    """Return all-MiniLM-L6-v2, fetched at the first call (82 MB).

    Raises:
        FileUnavailable: If the files cannot be had, or are not the pinned ones.
        ModuleNotFoundError: If ``tokenizers`` is not installed.

    Chapter: Self-attention; Multi-head attention.
    """
    tokenizers = import_tokenizers()
    weights, tokenizer = fetch_all([MINILM_WEIGHTS, MINILM_TOKENIZER])
    model = unfilled(MiniLM)
    fill_minilm(model, read_safetensors(weights))
    model.tokenizer = tokenizers.Tokenizer.from_file(str(tokenizer))
    model.tokenizer.no_padding()  # the file fills every sentence up to 128 tokens
    model.tokenizer.no_truncation()  # and cuts long ones there without a word
    return model.eval()


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file: name to tensor.

    Raises:
        FileUnavailable: If it is no such file, or cut short.
    """
    try:
        return load_file(path)
    except SafetensorError as problem:
        raise FileUnavailable(f"{path.name} is no whole safetensors file ({problem}). Delete it: {path}") from problem


def fill_minilm(model: MiniLM, tensors: dict[str, Tensor]) -> None:
    """Copy tensors with BERT's names into the model.

    Raises:
        ValueError: If a tensor is missing, has another shape, or is left over.
    """
    weights = Weights("fill_minilm", tensors)
    d_model = model.sentence.numel()
    weights.fill(model.words.weight, "embeddings.word_embeddings.weight")
    weights.fill(model.positions.table, "embeddings.position_embeddings.weight")
    with torch.no_grad():
        model.sentence.copy_(weights.take("embeddings.token_type_embeddings.weight", (2, d_model))[0])
    weights.fill_layer(model.norm, "embeddings.LayerNorm")
    block: Any
    for i, block in enumerate(model.blocks):
        layer = f"encoder.layer.{i}"
        names = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
        block.attention.copy_weights(*(weights.pair(f"{layer}.{name}", d_model, d_model) for name in names))
        weights.fill_layer(block.around_attention.norm, f"{layer}.attention.output.LayerNorm")
        weights.fill_layer(block.feed_forward.inner, f"{layer}.intermediate.dense")
        weights.fill_layer(block.feed_forward.outer, f"{layer}.output.dense")
        weights.fill_layer(block.around_feed_forward.norm, f"{layer}.output.LayerNorm")
    # The numbers 0 to 511, and a layer that only BERT's own training used.
    weights.leave("embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias")
    weights.finish()
