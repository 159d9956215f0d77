"""Whisper: an encoder that listens, a decoder that writes, and cross-attention that says when."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn._checks import check_axes, check_count, check_same_device, error
from course_attn._numbers import check_tokens, check_untraced
from course_attn._paths import linear
from course_attn.blocks import DecoderBlock, EncoderBlock, FeedForward
from course_attn.cache import KeyValueCache, check_caches, undone_by_errors
from course_attn.decoding import SourceSteps, greedy_decode
from course_attn.files import fetch_all
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import LearnedPositions
from course_attn.pretrained.alignment import WordTime, look, starts, word_times
from course_attn.pretrained.ctranslate2 import read_ctranslate2
from course_attn.pretrained.pins import WHISPER_TOKENIZER, WHISPER_WEIGHTS
from course_attn.pretrained.speech import HOP, RATE, log_mel
from course_attn.pretrained.weights import Weights, import_tokenizers, unfilled
from course_attn.recording import record_weights
from course_attn.transformer import Transformer

START, NO_TIMES, END = "<|startoftranscript|>", "<|notimestamps|>", "<|endoftext|>"
# Layer and head of the decoder whose cross-attention follows the speech, as published with tiny.en.
ALIGNING = ((1, 0), (2, 0), (2, 5), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4))


class Stack(nn.Module):
    """Blocks, then one more norm."""

    def __init__(self, blocks: list[nn.Module], d_model: int):
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.final_norm = nn.LayerNorm(d_model)


class Whisper(nn.Module):
    """Two convolutions and an encoder over frames of sound; a decoder over tokens.

    :func:`load_whisper` returns the trained one; the sizes left out here are its own.

    Args:
        vocabulary: How many tokens there are.
        num_mels: Bands of a frame of sound.
        num_frames: How many places the encoder has: half as many as there are frames of sound.
        max_length: How many tokens the decoder has positions for.
        d_model: ``D``.
        num_heads: ``h``.
        num_layers: Blocks of the encoder, and as many of the decoder.

    Raises:
        ValueError: If a size is not as the parts want it; when called, if shapes or tokens do not fit.

    Source: Radford et al., 2022, arXiv 2212.04356.
    Chapter: Transformer.
    """

    def __init__(
        self,
        vocabulary: int = 51864,
        num_mels: int = 80,
        num_frames: int = 1500,
        max_length: int = 448,
        d_model: int = 384,
        num_heads: int = 6,
        num_layers: int = 4,
    ):
        super().__init__()

        def attention() -> MultiHeadAttention:
            return MultiHeadAttention(d_model, num_heads)

        def feed_forward() -> FeedForward:
            return FeedForward(d_model, 4 * d_model, F.gelu)

        self.num_mels = num_mels
        self.conv1 = nn.Conv1d(num_mels, d_model, 3, padding=1)
        self.conv2 = nn.Conv1d(d_model, d_model, 3, stride=2, padding=1)
        self.frame_positions = LearnedPositions(num_frames, d_model)
        self.encoder = Stack([EncoderBlock(d_model, attention(), feed_forward()) for _ in range(num_layers)], d_model)
        self.embedding = nn.Embedding(vocabulary, d_model)
        self.token_positions = LearnedPositions(max_length, d_model)
        blocks: list[nn.Module] = [
            DecoderBlock(d_model, attention(), attention(), feed_forward()) for _ in range(num_layers)
        ]
        self.decoder = Stack(blocks, d_model)
        self.tokenizer: Any = None

    def forward(self, mel: Tensor, tokens: Tensor) -> Tensor:
        """Sound ``(B, T, 80)`` and tokens so far ``(B, N)`` to scores of each next token ``(B, N, V)``."""
        return self.decode(tokens, *self.encode(mel))

    def encode(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Sound ``(B, T, 80)`` to the memory ``(B, T / 2, D)`` and a mask ``(B, 1, 1, T / 2)`` that hides nothing:
        silence is heard too."""
        check_axes("Whisper.encode", "mel", mel, "B", "T", self.num_mels, like=self.conv1.weight)
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel.transpose(1, 2)))))  # (B, D, T / 2)
        x = self.frame_positions(x.transpose(1, 2))  # (B, T / 2, D)
        for block in self.encoder.blocks:
            x = block(x)
        return self.encoder.final_norm(x), x.new_ones(x.shape[0], 1, 1, x.shape[1], dtype=torch.bool)

    def decode(
        self,
        tokens: Tensor,
        memory: Tensor,
        memory_mask: Tensor | None = None,
        *,
        caches: list[KeyValueCache] | None = None,
        memory_caches: list[KeyValueCache] | None = None,
    ) -> Tensor:
        """As :meth:`course_attn.transformer.Transformer.decode`."""
        check_tokens("Whisper.decode", "tokens", tokens, self.embedding.num_embeddings, self.embedding.weight)
        check_caches("Whisper", "caches", caches, len(self.decoder.blocks))
        check_caches("Whisper", "memory_caches", memory_caches, len(self.decoder.blocks))
        x = self.token_positions(self.embedding(tokens), start=0 if caches is None else caches[0].length)
        with undone_by_errors(*(caches or ()), *(memory_caches or ())):
            for i, block in enumerate(self.decoder.blocks):
                cache = None if caches is None else caches[i]
                memory_cache = None if memory_caches is None else memory_caches[i]
                x = block(x, memory, None, memory_mask, cache=cache, memory_cache=memory_cache)
            return linear(self.decoder.final_norm(x), self.embedding.weight)

    def transcribe(self, audio: Tensor, rate: int, num_tokens: int = 100) -> str:
        """Write down what is said, the likeliest token each time.

        Args:
            audio: Samples ``(T,)`` from -1 to 1, at most thirty seconds.
            rate: Samples a second, 16 000 (:func:`~course_attn.pretrained.speech.resample` brings others there).
            num_tokens: How many tokens to write at most.

        Raises:
            ValueError: If the audio is empty, too long or of another rate.
        """
        tokens = self._tokens(audio, rate, num_tokens)
        return self.tokenizer.decode(tokens[0, 2:].tolist())

    def _tokens(self, audio: Tensor, rate: int, num_tokens: int) -> Tensor:
        """Start, no times, the text, end: ``(1, N)``."""
        check_count("Whisper.transcribe", "num_tokens", num_tokens)
        if self.tokenizer is None:
            raise error("Whisper.transcribe", "tokenizer", "loaded", "None", "load_whisper() brings it")
        mel = log_mel(audio, rate)[None]  # (1, 3000, 80)
        check_same_device("Whisper.transcribe", "audio", audio, self.conv1.weight)
        start, no_times, end = (self.tokenizer.token_to_id(token) for token in (START, NO_TIMES, END))
        prompt = torch.tensor([[start, no_times]], device=mel.device)
        # The steps ask for no more than this class has: encode, decode and decoder.blocks.
        steps = SourceSteps(cast(Transformer, self), mel, 2 + num_tokens)
        return greedy_decode(steps, prompt, num_tokens, end=end, pad=end)

    @torch.no_grad()
    def word_times(self, audio: Tensor, rate: int, num_tokens: int = 100) -> list[WordTime]:
        """Write down what is said, and when: each word with the seconds at which it begins and ends.

        A word is written by the place before it: that place's cross-attention, in the heads that follow the speech,
        looks at where the word is heard. One path through all these looks, from the first token at the first sound to
        the last, gives every token its stretch of time. Silence before the first word counts as part of it.

        Arguments and errors as :meth:`transcribe`.
        """
        tokens = self._tokens(audio, rate, num_tokens)
        maps = self.alignment_maps(audio, rate, tokens)
        text = [number for number in tokens[0, 2:].tolist() if number != self.tokenizer.token_to_id(END)]
        if not text:
            return []
        # The place before the first word writes it, and the last word writes the end.
        begins = starts(look(maps)[1 : len(text) + 2], 2 * HOP / RATE)
        return word_times([self.tokenizer.decode([number]) for number in text], begins)

    @torch.no_grad()
    def alignment_maps(self, audio: Tensor, rate: int, tokens: Tensor) -> Tensor:
        """Cross-attention of the heads that follow the speech: ``(8, N, M)`` for tokens ``(1, N)`` and the ``M`` places
        of the encoder that hear the audio, not the silence added to it."""
        check_untraced("Whisper.alignment_maps", "audio")
        with record_weights(self) as records:
            self(log_mel(audio, rate)[None], tokens)
        maps = torch.stack([records[f"decoder.blocks.{layer}.cross_attention"][0, head] for layer, head in ALIGNING])
        places = max(1, min(round(audio.shape[0] / (2 * HOP)), maps.shape[-1]))
        return maps[..., :places]


def load_whisper() -> Whisper:
    """Return Whisper tiny.en, fetched at the first call (69 MB).

    Raises:
        FileUnavailable: If the files cannot be had, or are not the pinned ones.
        ModuleNotFoundError: If ``tokenizers`` is not installed.

    Chapter: Transformer.
    """
    tokenizers = import_tokenizers()
    weights, tokenizer = fetch_all([WHISPER_WEIGHTS, WHISPER_TOKENIZER])
    model = unfilled(Whisper)
    fill_whisper(model, read_ctranslate2(weights)[0])
    model.tokenizer = tokenizers.Tokenizer.from_file(str(tokenizer))
    return model.eval()


def fill_whisper(model: Whisper, tensors: dict[str, Tensor]) -> None:
    """Copy tensors with CTranslate2's names into the model; its settings, single numbers, are left out.

    Raises:
        ValueError: If a tensor is missing, has another shape, or is left over.
    """
    weights = Weights("fill_whisper", {name: tensor for name, tensor in tensors.items() if tensor.dim()})
    d_model = model.embedding.embedding_dim
    weights.leave("decoder/alignment_heads")

    def pair(name: str, parts: int = 1) -> tuple[Tensor, Tensor]:
        shape = (parts * d_model,)
        return weights.take(f"{name}/weight", (*shape, d_model)), weights.take(f"{name}/bias", shape)

    def layer(module: nn.Module, name: str, weight: str = "weight", bias: str = "bias") -> None:
        weights.fill(cast(Tensor, module.weight), f"{name}/{weight}")
        weights.fill(cast(Tensor, module.bias), f"{name}/{bias}")

    def attention(to: MultiHeadAttention, around: Any, name: str, cross: bool) -> None:
        layer(around.norm, f"{name}/layer_norm", "gamma", "beta")
        fused = [pair(f"{name}/linear_0"), pair(f"{name}/linear_1", 2)] if cross else [pair(f"{name}/linear_0", 3)]
        weight, bias = (torch.cat(kind) for kind in zip(*fused, strict=True))  # query, key, value below one another
        query, key, value = zip(weight.chunk(3), bias.chunk(3), strict=True)
        to.copy_weights(query, key, value, output=pair(f"{name}/linear_{len(fused)}"))

    layer(model.conv1, "encoder/conv1")
    layer(model.conv2, "encoder/conv2")
    weights.fill(model.frame_positions.table, "encoder/position_encodings/encodings")
    weights.fill(model.token_positions.table, "decoder/position_encodings/encodings")
    weights.fill(model.embedding.weight, "decoder/embeddings/weight")
    block: Any
    for side, stack in (("encoder", model.encoder), ("decoder", model.decoder)):
        layer(stack.final_norm, f"{side}/layer_norm", "gamma", "beta")
        for i, block in enumerate(stack.blocks):
            name = f"{side}/layer_{i}"
            attention(block.attention, block.around_attention, f"{name}/self_attention", cross=False)
            if side == "decoder":
                attention(block.cross_attention, block.around_cross_attention, f"{name}/attention", cross=True)
            layer(block.around_feed_forward.norm, f"{name}/ffn/layer_norm", "gamma", "beta")
            layer(block.feed_forward.inner, f"{name}/ffn/linear_0")
            layer(block.feed_forward.outer, f"{name}/ffn/linear_1")
    weights.finish()
