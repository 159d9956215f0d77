"""MiniLM: made-up weights against torch's own encoder layer, the real ones against stored reference outputs."""

import re

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from course_attn.files import FileUnavailable
from course_attn.pretrained.minilm import MiniLM, fill_minilm, load_minilm, read_safetensors

V, LENGTH, D, H, LAYERS, D_FF = 13, 11, 6, 3, 2, 7
SENTENCES = [
    "The bank raised interest rates while she sat on the bank of the river.",
    "Attention looks around.",
]


def made_up():
    """Tensors with BERT's names, of a very small BERT."""
    shapes = {
        "embeddings.word_embeddings.weight": (V, D),
        "embeddings.position_embeddings.weight": (LENGTH, D),
        "embeddings.token_type_embeddings.weight": (2, D),
        "embeddings.LayerNorm.weight": (D,),
        "embeddings.LayerNorm.bias": (D,),
        "pooler.dense.weight": (D, D),
        "pooler.dense.bias": (D,),
    }
    for i in range(LAYERS):
        linear = {f"attention.self.{part}": (D, D) for part in ("query", "key", "value")}
        linear |= {"attention.output.dense": (D, D), "intermediate.dense": (D_FF, D), "output.dense": (D, D_FF)}
        for name, shape in linear.items():
            shapes |= {f"encoder.layer.{i}.{name}.weight": shape, f"encoder.layer.{i}.{name}.bias": shape[:1]}
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"encoder.layer.{i}.{name}.{kind}": (D,) for kind in ("weight", "bias")}
    generator = torch.Generator().manual_seed(1)
    tensors = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    return tensors | {"embeddings.position_ids": torch.arange(LENGTH)[None]}


def tiny(tensors=None):
    model = MiniLM(V, LENGTH, D, H, LAYERS, D_FF).eval()
    fill_minilm(model, made_up() if tensors is None else tensors)
    return model


class Letters:
    """A tokenizer of single letters, as far as MiniLM asks."""

    def encode(self, text):
        self.tokens = ["[CLS]", *text, "[SEP]"]
        self.ids = [self.token_to_id(letter) or 1 for letter in self.tokens]
        return type("Encoding", (), {"ids": self.ids, "tokens": self.tokens})

    def token_to_id(self, token):
        return {"[CLS]": 2, "[SEP]": 3, "a": 4, "b": 5, "c": 6}.get(token)


def by_torch(tensors, tokens, mask):
    """The same numbers through ``nn.TransformerEncoderLayer``."""
    x = tensors["embeddings.word_embeddings.weight"][tokens]
    x = x + tensors["embeddings.position_embeddings.weight"][: tokens.shape[1]]
    x = x + tensors["embeddings.token_type_embeddings.weight"][0]
    x = F.layer_norm(x, (D,), tensors["embeddings.LayerNorm.weight"], tensors["embeddings.LayerNorm.bias"], 1e-12)
    for i in range(LAYERS):
        part = {k.removeprefix(f"encoder.layer.{i}."): v for k, v in tensors.items()}
        layer = nn.TransformerEncoderLayer(D, H, D_FF, 0.0, "gelu", 1e-12, batch_first=True)
        state = {
            f"self_attn.in_proj_{kind}": torch.cat(
                [part[f"attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
            )
            for kind in ("weight", "bias")
        }
        names = {"self_attn.out_proj": "attention.output.dense", "linear1": "intermediate.dense"}
        names |= {"linear2": "output.dense", "norm1": "attention.output.LayerNorm", "norm2": "output.LayerNorm"}
        for theirs, ours in names.items():
            state |= {f"{theirs}.{kind}": part[f"{ours}.{kind}"] for kind in ("weight", "bias")}
        layer.load_state_dict(state)
        x = layer(x, src_key_padding_mask=~mask)
    return x


def test_equal_to_torch_with_made_up_weights():
    tokens = torch.tensor([[2, 4, 5, 6, 3], [2, 4, 3, 0, 0]])
    real = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    out = tiny()(tokens, real[:, None, None])
    torch.testing.assert_close(out[real], by_torch(made_up(), tokens, real)[real])


def test_every_parameter_is_filled():
    model = MiniLM(V, LENGTH, D, H, LAYERS, D_FF)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(torch.nan)
    fill_minilm(model, made_up())
    assert all(bool(parameter.isfinite().all()) for parameter in model.parameters())


def test_a_missing_and_a_surplus_tensor():
    tensors = made_up()
    del tensors["encoder.layer.1.output.dense.bias"]
    with pytest.raises(ValueError, match=re.escape("tensor encoder.layer.1.output.dense.bias must be in the file")):
        tiny(tensors)
    with pytest.raises(ValueError, match=re.escape("1 left over, such as encoder.layer.2.output.dense.bias")):
        tiny(made_up() | {"encoder.layer.2.output.dense.bias": torch.zeros(D)})


def test_stages_are_the_embeddings_and_each_block():
    model, tokens = tiny(), torch.tensor([[2, 4, 3]])
    stages = model.layers(tokens)
    assert len(stages) == 1 + LAYERS
    torch.testing.assert_close(model.blocks[0](stages[0]), stages[1])
    torch.testing.assert_close(stages[-1], model(tokens))


def test_sentences():
    model = tiny()
    model.tokenizer = Letters()
    tokens, mask, words = model.encode(["ab", "c"])
    assert tokens.tolist() == [[2, 4, 5, 3], [2, 6, 3, 0]]
    assert mask.tolist() == [[[[True] * 4]], [[[True] * 3 + [False]]]]
    assert words == [["[CLS]", "a", "b", "[SEP]"], ["[CLS]", "c", "[SEP]"]]
    assert model.encode("ab")[0].tolist() == [[2, 4, 5, 3]]
    vectors = model.sentence_vectors(["ab", "c"])
    torch.testing.assert_close(vectors[1], model.sentence_vectors("c")[0])  # filling up changes nothing
    alone = model(torch.tensor([[2, 6, 3]]))[0].mean(0)
    torch.testing.assert_close(vectors[1], alone / alone.norm())
    names, maps = model.attention_maps("abc")
    assert names == ["[CLS]", "a", "b", "c", "[SEP]"]
    assert maps.shape == (LAYERS, H, 5, 5)
    torch.testing.assert_close(maps.sum(-1), torch.ones(LAYERS, H, 5))


@pytest.mark.parametrize("text", ["", "  ", [], ["a", ""], [3], 5, None])
def test_empty_text(text):
    model = tiny()
    model.tokenizer = Letters()
    with pytest.raises(ValueError, match="sentences must be one or more texts, none of them empty"):
        model.encode(text)


def test_other_bad_input():
    model = tiny()
    with pytest.raises(ValueError, match=re.escape("tokenizer must be loaded, got None (load_minilm() brings it)")):
        model.encode("a")
    with pytest.raises(ValueError, match="tokenizer must be loaded"):
        model.token_ids(["a"])
    model.tokenizer = Letters()
    assert model.token_ids(["a", "c"]).tolist() == [[4, 6]]
    with pytest.raises(
        ValueError, match=re.escape("MiniLM.token_ids: words must be tokens of the vocabulary, got 'z'")
    ):
        model.token_ids(["a", "z"])
    for words in ("ac", [], [3], 5):
        with pytest.raises(ValueError, match="token_ids: words must be a list of tokens, one or more, got"):
            model.token_ids(words)
    with pytest.raises(
        ValueError, match=re.escape(r"MiniLM.encode: sentences must be text that UTF-8 can hold, got '\ud")
    ):
        model.encode(["a", "\ud800"])
    with pytest.raises(ValueError, match=f"sentences must be of at most {LENGTH} tokens, got 14 tokens"):
        model.encode("a" * 12)
    with pytest.raises(ValueError, match="MiniLM: tokens must be from 0 to 12, got 4 to 13"):
        model(torch.tensor([[4, 13]]))


def test_a_file_that_is_cut_short(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file({"a": torch.ones(5)}, path)
    assert torch.equal(read_safetensors(path)["a"], torch.ones(5))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(FileUnavailable, match=re.escape("model.safetensors is no whole safetensors file")):
        read_safetensors(path)


@pytest.mark.slow
def test_the_real_one_against_the_reference(real_weights, golden):
    real_weights("minilm")
    model, stored = load_minilm(), golden("minilm")
    tokens, mask, words = model.encode(SENTENCES)
    assert torch.equal(tokens, stored["tokens"])
    real = stored["real"].bool()
    assert torch.equal(mask[:, 0, 0], real)
    with torch.no_grad():
        last = model(tokens, mask)
    torch.testing.assert_close(last[real], stored["last"][real], atol=1e-4, rtol=0)
    torch.testing.assert_close(model.sentence_vectors(SENTENCES), stored["sentences"], atol=1e-4, rtol=0)
    names, maps = model.attention_maps(SENTENCES[1])
    assert names == words[1] == ["[CLS]", "attention", "looks", "around", ".", "[SEP]"]
    torch.testing.assert_close(maps, stored["maps"], atol=1e-4, rtol=0)


@pytest.mark.slow
def test_the_real_one_knows_what_sentences_are_about(real_weights):
    real_weights("minilm")
    model = load_minilm()
    cat, kitten, stocks = model.sentence_vectors(
        ["The cat sat on the mat.", "A kitten lay on the rug.", "The stock market fell sharply."]
    )
    assert cat @ kitten > 0.5 > 0.2 > cat @ stocks
    assert "[UNK]" in model.encode("snow ☃")[2][0]
    with pytest.raises(ValueError, match="of at most 512 tokens"):
        model.encode("word " * 600)


def test_tokens_and_mask_on_another_device_are_named():
    model, tokens = tiny(), torch.zeros(1, 3, dtype=torch.long)
    with pytest.raises(ValueError, match="MiniLM: tokens must be on the layer's device, cpu, got device meta"):
        model(tokens.to("meta"))
    with pytest.raises(ValueError, match="mask must be on the scores' device, cpu, got device meta"):
        model(tokens, torch.ones(1, 1, 1, 3, dtype=torch.bool, device="meta"))
