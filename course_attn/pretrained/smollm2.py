"""SmolLM2: a language model of thirty blocks, with rotary positions, shared keys and values, and a gate."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from course_attn._checks import check_count, check_positive, describe, error
from course_attn._numbers import check_tokens
from course_attn._paths import linear
from course_attn.blocks import EncoderBlock, GatedFeedForward
from course_attn.cache import KeyValueCache, check_caches, undone_by_errors
from course_attn.decoding import PromptSteps, Steps, greedy_decode
from course_attn.files import fetch
from course_attn.language_model import CausalLanguageModel
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import Rotary
from course_attn.pretrained.gguf_file import read_gguf
from course_attn.pretrained.pins import SMOLLM2_GGUF
from course_attn.pretrained.weights import Weights, check_text, import_tokenizers, unfilled
from course_attn.recording import record_weights

NOT_TEXT = 3  # GGUF's type of tokens such as <|im_end|>, which no text contains
START, END = "<|im_start|>", "<|im_end|>"


class Blocks(nn.Module):
    """Blocks with the norm before, then one more norm; the norm only scales (RMSNorm)."""

    def __init__(self, d_model: int, num_heads: int, num_kv_heads: int, num_layers: int, d_ff: int, rotary: Rotary):
        super().__init__()
        norm = partial(nn.RMSNorm, eps=1e-5)

        def attention() -> MultiHeadAttention:
            return MultiHeadAttention(d_model, num_heads, num_kv_heads=num_kv_heads, bias=False, rotate=rotary)

        self.blocks = nn.ModuleList(
            EncoderBlock(d_model, attention(), GatedFeedForward(d_model, d_ff), make_norm=norm)
            for _ in range(num_layers)
        )
        self.final_norm = norm(d_model)

    def forward(self, x: Tensor, caches: list[KeyValueCache] | None) -> Tensor:
        """``(B, N, D)`` to ``(B, N, D)``; no place sees a later one."""
        with undone_by_errors(*(caches or ())):
            for i, block in enumerate(self.blocks):
                x = block(x, is_causal=True, cache=None if caches is None else caches[i])
            return self.final_norm(x)


class SmolLM2(nn.Module):
    """A Llama-like decoder: used as :class:`~course_attn.language_model.CausalLanguageModel` is.

    :func:`load_smollm2` returns the trained one; the sizes left out here are its own.

    Args:
        vocabulary: How many tokens there are.
        d_model: ``D``.
        num_heads: ``h``.
        num_kv_heads: How many heads of keys and values there are.
        num_layers: How many blocks.
        d_ff: Inner width of the gated feed-forward networks.

    Raises:
        ValueError: If a size is not as the parts want it; in ``forward``, if tokens do not fit.

    Source: Allal et al., 2025, arXiv 2502.02737; Touvron et al., 2023 (Llama), arXiv 2302.13971.
    Chapter: Positional encoding; Transformer.
    """

    def __init__(
        self,
        vocabulary: int = 49152,
        d_model: int = 576,
        num_heads: int = 9,
        num_kv_heads: int = 3,
        num_layers: int = 30,
        d_ff: int = 1536,
    ):
        super().__init__()
        rotary = Rotary(d_model // num_heads, base=100_000.0)  # one table of angles for all layers
        self.embedding = nn.Embedding(vocabulary, d_model)  # not scaled, unlike TokenEmbedding
        self.decoder = Blocks(d_model, num_heads, num_kv_heads, num_layers, d_ff, rotary)
        self.tokenizer: Any = None

    def forward(self, tokens: Tensor, *, caches: list[KeyValueCache] | None = None) -> Tensor:
        """Token numbers ``(B, N)`` to scores ``(B, N, V)``; with caches, only the newest tokens are given."""
        check_tokens("SmolLM2", "tokens", tokens, self.embedding.num_embeddings, self.embedding.weight)
        check_caches("SmolLM2", "caches", caches, len(self.decoder.blocks))
        x = self.decoder(self.embedding(tokens), caches)
        return linear(x, self.embedding.weight)

    def encode(self, text: str) -> Tensor:
        """Cut a text into tokens, ``(1, N)``; every text can be written in them, byte by byte if need be.

        Raises:
            ValueError: If the text is empty.
        """
        if not isinstance(text, str) or not text:
            raise error("SmolLM2.encode", "text", "a text that is not empty", describe(text))
        check_text("SmolLM2.encode", "text", text)
        if self.tokenizer is None:
            raise error("SmolLM2.encode", "tokenizer", "loaded", "None", "load_smollm2() brings it")
        return torch.tensor([self.tokenizer.encode(text).ids], device=self.embedding.weight.device)

    def decode(self, tokens: Tensor) -> str:
        """Token numbers ``(N,)`` to text.

        Raises:
            ValueError: If they are not whole numbers ``(N,)`` of the vocabulary.
        """
        if not isinstance(tokens, Tensor) or tokens.dtype != torch.long or tokens.dim() != 1:
            raise error("SmolLM2.decode", "tokens", "int64 numbers of shape (N,)", describe(tokens))
        if tokens.numel():
            check_tokens("SmolLM2.decode", "tokens", tokens[None], self.embedding.num_embeddings, None)
        if self.tokenizer is None:
            raise error("SmolLM2.decode", "tokenizer", "loaded", "None", "load_smollm2() brings it")
        return self.tokenizer.decode(tokens.tolist(), skip_special_tokens=False)

    def complete(
        self,
        text: str,
        num_tokens: int,
        *,
        temperature: float = 0.0,
        generator: torch.Generator | None = None,
        cached: bool = True,
    ) -> str:
        """Go on with a text.

        Args:
            text: How it begins.
            num_tokens: How many tokens to add at most.
            temperature: 0 takes the likeliest token each time; at 1 they are drawn as the model has them; above, more
                freely.
            generator: Source of the draws, on any device: one on the CPU draws the same numbers for a model on a GPU.
            cached: If False, everything is computed anew at each step, to the same text.

        Returns:
            What was added, up to the token that ends a turn.

        Raises:
            ValueError: If the text is empty, a number is not as above, or the model is in training mode.
        """
        check_count("SmolLM2.complete", "num_tokens", num_tokens)
        prompt = self.encode(text)
        # The steps ask for no more than this class has: embedding.weight, decoder.blocks and forward with caches.
        model = cast(CausalLanguageModel, self)
        steps: Steps = PromptSteps(model, 1, prompt.shape[1] + num_tokens, cached=cached)
        if temperature:
            steps = Sampled(steps, temperature, generator)
        end = self.tokenizer.token_to_id(END)
        new = greedy_decode(steps, prompt, num_tokens, end=end, pad=0 if end is None else end)[0, prompt.shape[1] :]
        return self.decode(new[: len(new) - int(end is not None and bool(new[-1] == end))])

    def chat(self, question: str, num_tokens: int, **options: Any) -> str:
        """Ask a question in the form the model was trained to answer; options as in :meth:`complete`."""
        if not isinstance(question, str) or not question.strip():
            raise error("SmolLM2.chat", "question", "a text that is not empty", describe(question))
        return self.complete(f"{START}user\n{question}{END}\n{START}assistant\n", num_tokens, **options)

    @torch.no_grad()
    def weights(self, tokens: Tensor) -> list[Tensor]:
        """All attention weights for tokens ``(B, N)``: one ``(B, h, N, N)`` for each layer."""
        with record_weights(self) as records:
            self(tokens)
        return list(records.values())


class Sampled:
    r"""Steps whose best token is a draw from the softmax: the scores over :math:`T`, plus Gumbel noise.

    Args:
        steps: Give the scores of the next token.
        temperature: :math:`T`, greater than 0.
        generator: Source of the draws, made on its device and moved to the scores'; torch's own if left out.

    Raises:
        ValueError: If the temperature is not greater than 0.

    Source: Gumbel, 1954; Maddison, Tarlow & Minka, 2014 (the argmax is a draw), arXiv 1411.0030.
    """

    def __init__(self, steps: Steps, temperature: float, generator: torch.Generator | None = None):
        check_positive("Sampled", "temperature", temperature)
        self.steps, self.temperature, self.generator = steps, temperature, generator

    def __call__(self, tokens: Tensor) -> Tensor:
        """As the steps, plus noise."""
        scores = self.steps(tokens) / self.temperature
        device = scores.device if self.generator is None else self.generator.device
        draws = torch.empty(scores.shape, dtype=scores.dtype, device=device).exponential_(generator=self.generator)
        # Minus the logarithm of an exponential draw is Gumbel's distribution.
        return scores - draws.log().to(scores.device)

    def reorder(self, rows: Tensor) -> None:
        """As the steps."""
        self.steps.reorder(rows)


def load_smollm2() -> SmolLM2:
    """Return SmolLM2-135M-Instruct, its four-bit numbers as float32, fetched at the first call (91 MB).

    Raises:
        FileUnavailable: If the file cannot be had, or is not the pinned one.
        ModuleNotFoundError: If ``tokenizers`` is not installed.

    Chapter: Positional encoding; Transformer.
    """
    import_tokenizers()
    tensors, fields = read_gguf(fetch(SMOLLM2_GGUF))
    model = unfilled(SmolLM2)
    fill_smollm2(model, tensors)
    model.tokenizer = byte_pair_tokenizer(
        fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.merges"], fields["tokenizer.ggml.token_type"]
    )
    return model.eval()


def byte_pair_tokenizer(tokens: list[str], merges: list[str], types: list[int]) -> Any:
    """Build the tokenizer from the lists in the file: digits one by one, the rest by byte-pair merges.

    Source: Sennrich, Haddow & Birch, 2016, arXiv 1508.07909; on bytes: Radford et al., 2019.
    """
    tk = import_tokenizers()
    pairs = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
    tokenizer = tk.Tokenizer(tk.models.BPE({token: i for i, token in enumerate(tokens)}, pairs))
    digits, by_bytes = tk.pre_tokenizers.Digits(True), tk.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = tk.pre_tokenizers.Sequence([digits, by_bytes])
    tokenizer.decoder = tk.decoders.ByteLevel()
    tokenizer.add_special_tokens([token for token, kind in zip(tokens, types, strict=True) if kind == NOT_TEXT])
    return tokenizer


def fill_smollm2(model: SmolLM2, tensors: dict[str, Tensor]) -> None:
    """Copy tensors with the names of a GGUF file into the model.

    Raises:
        ValueError: If a tensor is missing, has another shape, or is left over.
    """
    weights = Weights("fill_smollm2", tensors)
    weights.fill(model.embedding.weight, "token_embd.weight")
    weights.fill(model.decoder.final_norm.weight, "output_norm.weight")
    block: Any
    for i, block in enumerate(model.decoder.blocks):
        attention, d_model = block.attention, block.d_model
        narrow = attention.num_kv_heads * attention.d_head
        rows = {"attn_q": d_model, "attn_k": narrow, "attn_v": narrow, "attn_output": d_model}
        parts = [weights.take(f"blk.{i}.{name}.weight", (d_out, d_model)) for name, d_out in rows.items()]
        attention.copy_weights(*((weight, None) for weight in parts))
        weights.fill_layer(block.around_attention.norm, f"blk.{i}.attn_norm")
        weights.fill_layer(block.feed_forward.gate, f"blk.{i}.ffn_gate")
        weights.fill_layer(block.feed_forward.inner, f"blk.{i}.ffn_up")
        weights.fill_layer(block.feed_forward.outer, f"blk.{i}.ffn_down")
        weights.fill_layer(block.around_feed_forward.norm, f"blk.{i}.ffn_norm")
    weights.finish()
