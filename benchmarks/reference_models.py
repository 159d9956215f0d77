"""The pretrained models in transformers' own classes, filled from the same pinned files: rivals, and references.

Nothing is fetched from a hub: each model is made from its sizes and filled with the tensors that the package's readers
give, under transformers' names. Whoever calls these has transformers on the path (:mod:`benchmarks.peers`).
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from course_attn.files import fetch
from course_attn.pretrained.ctranslate2 import read_ctranslate2
from course_attn.pretrained.dinov2 import read_onnx
from course_attn.pretrained.gguf_file import read_gguf
from course_attn.pretrained.minilm import read_safetensors
from course_attn.pretrained.pins import DINOV2_GRAPH, MINILM_WEIGHTS, SMOLLM2_GGUF, WHISPER_WEIGHTS


def filled(model: Any, tensors: dict[str, Tensor], may_lack: tuple[str, ...] = ()) -> Any:
    """Fill a model; every parameter must be given but those named, and every tensor must be known."""
    lacking, surplus = model.load_state_dict(tensors, strict=False)
    lacking = [name for name in lacking if name not in may_lack]
    if lacking or surplus:
        raise SystemExit(f"{type(model).__name__} lacks {lacking[:3]}, does not know {surplus[:3]}")
    return model.eval()


def minilm(attention: str = "sdpa") -> nn.Module:
    """``BertModel``, six layers."""
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
    tensors = read_safetensors(fetch(MINILM_WEIGHTS))
    del tensors["embeddings.position_ids"]
    return filled(BertModel(BertConfig(**sizes, attn_implementation=attention)), tensors)


def smollm2(attention: str = "sdpa") -> nn.Module:
    """``LlamaForCausalLM``, thirty layers; its rotary positions pair a head's halves, the file's pair neighbours."""
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3}
    sizes |= {"intermediate_size": 1536, "vocab_size": 49152, "max_position_embeddings": 8192}
    config = LlamaConfig(
        **sizes,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 100_000.0},
        attn_implementation=attention,
    )
    stored, _ = read_gguf(fetch(SMOLLM2_GGUF))
    names = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
    names |= {f"attn_{short}": f"self_attn.{short}_proj" for short in "qkv"} | {"attn_output": "self_attn.o_proj"}
    names |= {f"ffn_{part}": f"mlp.{part}_proj" for part in ("gate", "up", "down")}
    tensors = {
        "model.embed_tokens.weight": stored["token_embd.weight"],
        "model.norm.weight": stored["output_norm.weight"],
    }
    for name, tensor in stored.items():
        if not name.startswith("blk."):
            continue
        _, layer, kind, _ = name.split(".")
        if kind in ("attn_q", "attn_k"):  # neighbours (0, 1), (2, 3), ... to halves 0, 2, ... and 1, 3, ...
            tensor = tensor.unflatten(0, (-1, 32, 2)).transpose(1, 2).flatten(0, 2)
        tensors[f"model.layers.{layer}.{names[kind]}.weight"] = tensor
    return filled(LlamaForCausalLM(config), tensors, may_lack=("lm_head.weight",))  # tied to the embedding


def dinov2(attention: str = "sdpa") -> nn.Module:
    """``Dinov2Model``, twelve layers."""
    from transformers import Dinov2Config, Dinov2Model

    sizes = {"hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 6, "image_size": 518, "patch_size": 14}
    model = Dinov2Model(Dinov2Config(**sizes, attn_implementation=attention))
    # transformers has since renamed what the file still calls by the old names.
    names = {f"attention.attention.{part}": f"attention.{part[0]}_proj" for part in ("query", "key", "value")}
    names["attention.output.dense"] = "attention.o_proj"
    tensors = read_onnx(fetch(DINOV2_GRAPH))
    for old, new in names.items():
        tensors = {name.replace(old, new): tensor for name, tensor in tensors.items()}
    return filled(model, tensors, may_lack=("embeddings.mask_token",))


def whisper(attention: str = "sdpa") -> nn.Module:
    """``WhisperForConditionalGeneration``, four and four layers."""
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    sizes: dict[str, int] = {"vocab_size": 51864, "d_model": 384, "num_mel_bins": 80}
    for side in ("encoder", "decoder"):
        sizes |= {f"{side}_layers": 4, f"{side}_attention_heads": 6, f"{side}_ffn_dim": 1536}
    config = WhisperConfig(**sizes, attn_implementation=attention)
    stored = {name: t.float() for name, t in read_ctranslate2(fetch(WHISPER_WEIGHTS))[0].items() if t.dim()}
    tensors = {
        "model.encoder.embed_positions.weight": stored["encoder/position_encodings/encodings"],
        "model.decoder.embed_positions.weight": stored["decoder/position_encodings/encodings"],
        "model.decoder.embed_tokens.weight": stored["decoder/embeddings/weight"],
    }
    for conv in ("conv1", "conv2"):
        tensors |= {f"model.encoder.{conv}.{kind}": stored[f"encoder/{conv}/{kind}"] for kind in ("weight", "bias")}

    def norm(theirs: str, ours: str) -> None:
        tensors[f"{theirs}.weight"], tensors[f"{theirs}.bias"] = stored[f"{ours}/gamma"], stored[f"{ours}/beta"]

    def linears(theirs: list[str], ours: str) -> None:
        """One stored matrix, the linears below one another; keys have no bias there, and zeros in the file."""
        parts = zip(*(stored[f"{ours}/{kind}"].chunk(len(theirs)) for kind in ("weight", "bias")), strict=True)
        for name, (weight, bias) in zip(theirs, parts, strict=True):
            tensors[f"{name}.weight"] = weight
            if not name.endswith("k_proj"):
                tensors[f"{name}.bias"] = bias

    for side in ("encoder", "decoder"):
        norm(f"model.{side}.layer_norm", f"{side}/layer_norm")
        for i in range(4):
            theirs, ours = f"model.{side}.layers.{i}", f"{side}/layer_{i}"
            norm(f"{theirs}.self_attn_layer_norm", f"{ours}/self_attention/layer_norm")
            linears([f"{theirs}.self_attn.{short}_proj" for short in "qkv"], f"{ours}/self_attention/linear_0")
            linears([f"{theirs}.self_attn.out_proj"], f"{ours}/self_attention/linear_1")
            if side == "decoder":
                norm(f"{theirs}.encoder_attn_layer_norm", f"{ours}/attention/layer_norm")
                linears([f"{theirs}.encoder_attn.q_proj"], f"{ours}/attention/linear_0")
                linears([f"{theirs}.encoder_attn.{short}_proj" for short in "kv"], f"{ours}/attention/linear_1")
                linears([f"{theirs}.encoder_attn.out_proj"], f"{ours}/attention/linear_2")
            norm(f"{theirs}.final_layer_norm", f"{ours}/ffn/layer_norm")
            linears([f"{theirs}.fc1"], f"{ours}/ffn/linear_0")
            linears([f"{theirs}.fc2"], f"{ours}/ffn/linear_1")
    return filled(WhisperForConditionalGeneration(config), tensors, may_lack=("proj_out.weight",))  # tied
