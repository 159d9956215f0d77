"""SmolLM2: made-up weights against the formula, the real ones against stored reference outputs."""

import re

import pytest
import torch
from torch.nn import functional as F

from course_attn.pretrained.head_scores import induction_scores, previous_token_scores
from course_attn.pretrained.smollm2 import (
    Sampled,
    SmolLM2,
    byte_pair_tokenizer,
    fill_smollm2,
    load_smollm2,
)

V, D, H, H_KV, LAYERS, D_FF = 11, 12, 3, 1, 2, 5
TOKENS = ["<|im_end|>", "<|im_start|>", *"abcrsu", "ar", "Ġ", "Ċ"]


def made_up():
    """Tensors with the names of a GGUF file, of a very small model."""
    shapes = {"token_embd.weight": (V, D), "output_norm.weight": (D,)}
    for i in range(LAYERS):
        layer = {"attn_norm": (D,), "ffn_norm": (D,), "ffn_gate": (D_FF, D), "ffn_up": (D_FF, D), "ffn_down": (D, D_FF)}
        d = D // H * H_KV
        layer |= {"attn_q": (D, D), "attn_k": (d, D), "attn_v": (d, D), "attn_output": (D, D)}
        shapes |= {f"blk.{i}.{name}.weight": shape for name, shape in layer.items()}
    generator = torch.Generator().manual_seed(4)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def tiny(tensors=None):
    model = SmolLM2(V, D, H, H_KV, LAYERS, D_FF).eval()
    fill_smollm2(model, made_up() if tensors is None else tensors)
    return model


def speaking():
    model = tiny()
    pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    model.tokenizer = byte_pair_tokenizer(TOKENS, ["a r"], [3, 3] + [1] * 9)
    return model


def rms(x, weight):
    return x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * weight


def turned(x):
    """Rotary positions as complex numbers: neighbours make a pair, the place an angle."""
    n, d = x.shape[-2:]
    angle = torch.arange(n)[:, None] * 100_000.0 ** (-torch.arange(0, d, 2) / d)
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(-2)


def by_formula(t, tokens):
    """The model written out with the file's names."""
    x = t["token_embd.weight"][tokens]
    for i in range(LAYERS):
        w = {k.removeprefix(f"blk.{i}.").removesuffix(".weight"): v for k, v in t.items() if k.startswith(f"blk.{i}.")}
        y = rms(x, w["attn_norm"])
        q, k, v = (
            (y @ w[name].T).unflatten(-1, (-1, D // H)).transpose(1, 2) for name in ("attn_q", "attn_k", "attn_v")
        )
        k, v = turned(k).expand_as(q), v.expand_as(q)  # one head of keys and values for all
        y = F.scaled_dot_product_attention(turned(q), k, v, is_causal=True)
        x = x + y.transpose(1, 2).flatten(2) @ w["attn_output"].T
        y = rms(x, w["ffn_norm"])
        x = x + (F.silu(y @ w["ffn_gate"].T) * (y @ w["ffn_up"].T)) @ w["ffn_down"].T
    return rms(x, t["output_norm.weight"]) @ t["token_embd.weight"].T


def test_equal_to_the_formula_with_made_up_weights():
    tokens = torch.tensor([[2, 5, 3, 7, 7], [1, 0, 10, 4, 2]])
    torch.testing.assert_close(tiny()(tokens), by_formula(made_up(), tokens))


def test_every_parameter_is_filled_and_every_tensor_used():
    model = SmolLM2(V, D, H, H_KV, LAYERS, D_FF)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(torch.nan)
    fill_smollm2(model, made_up())
    assert all(bool(parameter.isfinite().all()) for parameter in model.parameters())
    with pytest.raises(ValueError, match=re.escape("1 left over, such as output.weight")):
        fill_smollm2(model, made_up() | {"output.weight": torch.zeros(V, D)})
    with pytest.raises(ValueError, match=re.escape("tensor blk.1.ffn_up.weight must be in the file")):
        fill_smollm2(model, {k: v for k, v in made_up().items() if k != "blk.1.ffn_up.weight"})


def test_the_tokenizer_merges_and_splits():
    model = speaking()
    assert model.encode("a car").tolist() == [[2, 9, 4, 8]]
    assert model.decode(torch.tensor([2, 9, 4, 8])) == "a car"
    assert model.encode("<|im_start|>ab\n<|im_end|>").tolist() == [[1, 2, 3, 10, 0]]


def test_completing_with_and_without_a_cache():
    model = speaking()
    text = model.complete("a car", 7)
    assert text == model.complete("a car", 7, cached=False)
    tokens = model.encode("a car")
    for _ in range(7):
        best = model(tokens)[:, -1].argmax(-1, keepdim=True)
        if best.item() == 0:
            break
        tokens = torch.cat([tokens, best], 1)
    assert text == model.decode(tokens[0, 4:])


def test_it_stops_at_the_end_of_a_turn():
    model = speaking()
    with torch.no_grad():
        model.embedding.weight[0] = 100 * model.decoder.final_norm.weight  # now <|im_end|> may win at once
        scores = model(model.encode("a"))[0, -1]
        if scores[0] < scores.max():
            model.embedding.weight[0] *= -1
    assert model.complete("a", 5) == ""


def test_draws():
    model = speaking()

    def draw(seed, temperature=1.5):
        return model.complete("a", 9, temperature=temperature, generator=torch.Generator().manual_seed(seed))

    assert draw(1) == draw(1)
    assert len({draw(seed) for seed in range(5)}) > 1
    assert draw(1, 1e-4) == model.complete("a", 9)  # cold: the likeliest
    with pytest.raises(ValueError, match="Sampled: temperature must be a number greater than 0"):
        draw(1, -1.0)


def test_draws_are_made_on_the_generators_device():
    """A CPU generator draws for a model on a GPU: the draws are moved. In float32 or half, as the scores are."""
    for dtype in (torch.float32, torch.bfloat16):
        scores = torch.zeros(2, 7, dtype=dtype)
        first, again = torch.Generator().manual_seed(3), torch.Generator().manual_seed(3)
        here = Sampled(lambda tokens, scores=scores: scores, 1.0, first)(None)
        there = Sampled(lambda tokens, scores=scores: scores.to("meta"), 1.0, again)(None)
        assert there.device.type == "meta"
        assert there.dtype == here.dtype == dtype
        assert torch.equal(first.get_state(), again.get_state())  # the same numbers were drawn


def test_a_draw_has_the_softmaxs_distribution():
    scores = torch.tensor([[0.0, 1.0, 2.0, -1.0]])
    steps = Sampled(lambda tokens: scores.expand(20_000, -1), 0.7, torch.Generator().manual_seed(0))
    drawn = steps(torch.zeros(1, 1, dtype=torch.long)).argmax(-1).bincount(minlength=4) / 20_000
    torch.testing.assert_close(drawn, (scores[0] / 0.7).softmax(-1), atol=0.01, rtol=0)


def test_weights_of_every_layer():
    weights = tiny().weights(torch.tensor([[2, 5, 3, 7, 7]]))
    assert [w.shape for w in weights] == [(1, H, 5, 5)] * LAYERS
    assert all(torch.equal(w, w.tril()) for w in weights)


def test_bad_input():
    model = tiny()
    for text in ("", None):
        with pytest.raises(ValueError, match=r"SmolLM2\.encode: text must be a text that is not empty"):
            model.encode(text)
    with pytest.raises(ValueError, match=re.escape("tokenizer must be loaded, got None (load_smollm2() brings it)")):
        model.encode("a")
    with pytest.raises(ValueError, match=r"SmolLM2\.chat: question must be a text that is not empty"):
        model.chat(" ", 5)
    with pytest.raises(
        ValueError, match=r"SmolLM2\.complete: num_tokens must be a whole number of at least 1, got int 0"
    ):
        model.complete("a", 0)
    with pytest.raises(ValueError, match="SmolLM2: tokens must be from 0 to 10, got 2 to 11"):
        model(torch.tensor([[2, 11]]))


def test_text_that_is_half_a_character():
    model = speaking()
    message = r"SmolLM2.encode: text must be text that UTF-8 can hold, got '\ud800' at place 2 (half of a character)"
    for call in (lambda: model.encode("a \ud800"), lambda: model.complete("a \ud800", 3)):
        with pytest.raises(ValueError, match=re.escape(message)):
            call()


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([2, 9], "SmolLM2.decode: tokens must be int64 numbers of shape (N,), got list [2, 9]"),
        (torch.tensor([[2, 9]]), "int64 numbers of shape (N,), got shape (1, 2), int64"),
        (torch.tensor([2.0]), "int64 numbers of shape (N,), got shape (1,), float32"),
        (torch.tensor([2, V]), f"SmolLM2.decode: tokens must be from 0 to {V - 1}, got 2 to {V}"),
    ],
)
def test_tokens_that_are_none(tokens, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        speaking().decode(tokens)


def test_decoding_nothing_and_without_a_tokenizer():
    assert speaking().decode(torch.tensor([], dtype=torch.long)) == ""
    with pytest.raises(ValueError, match=r"SmolLM2\.decode: tokenizer must be loaded, got None"):
        tiny().decode(torch.tensor([2]))


@pytest.mark.slow
def test_the_real_one_against_the_reference(real_weights, golden):
    real_weights("smollm2")
    model, stored = load_smollm2(), golden("smollm2")
    prompt = "The capital of France is"
    assert torch.equal(model.encode(prompt), stored["prompt"])
    assert torch.equal(model.encode("  Fünf Zahlen: 12345, it's\n\ndone."), stored["text"])
    assert prompt + model.complete(prompt, 20) == model.decode(stored["greedy"][0]).removesuffix("<|im_end|>")
    twice = stored["random"].repeat(1, 2)
    with torch.no_grad():
        scores = model(twice)
    torch.testing.assert_close(scores[0, ::7, ::97], stored["logits"], atol=1e-3, rtol=1e-4)
    weights = model.weights(twice)
    torch.testing.assert_close(weights[18][0, 6], stored["weights_18_6"], atol=1e-4, rtol=0)
    torch.testing.assert_close(weights[0][0, 0], stored["weights_0_0"], atol=1e-4, rtol=0)
    induction = induction_scores(weights, 30)
    assert induction[18, 6] == induction.max() > 0.9
    assert previous_token_scores(weights)[16, 0] > 0.8
    loss = F.cross_entropy(scores[0, :-1], twice[0, 1:], reduction="none")
    assert loss[29:].mean() < 5 < 10 < loss[:29].mean()  # what repeats is predicted


def test_tokens_on_another_device_are_named():
    with pytest.raises(ValueError, match="SmolLM2: tokens must be on the layer's device, cpu, got device meta"):
        tiny()(torch.zeros(1, 3, dtype=torch.long, device="meta"))
