"""Make the stored reference outputs of the pretrained models: ``python -m tests.golden.make_pretrained minilm``.

Each is computed by another library, named in the file's metadata, from the very files that the package loads. Run it
from the checkout's root with those libraries on PYTHONPATH (the peers of ``benchmarks`` are most of them) and the root
too: they are no part of the project's environment.
"""

from __future__ import annotations

import datetime
import json
import sys
import tempfile
from functools import partial
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from benchmarks import reference_models
from course_attn.files import fetch_all
from course_attn.pretrained.pins import MODEL_FILES
from course_attn.pretrained.speech import read_wav
from course_attn.pretrained.whisper import ALIGNING, END, NO_TIMES, START

SENTENCES = [
    "The bank raised interest rates while she sat on the bank of the river.",
    "Attention looks around.",
]


def save(name: str, tensors: dict[str, torch.Tensor], made_by: str, libraries: list[str]) -> None:
    versions = ", ".join(f"{library} {version(library)}" for library in libraries)
    metadata = {
        "made by": f"tests/golden/make_pretrained.py: {made_by}",
        "with": versions,
        "on": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "from": "; ".join(f"{f.package} {f.version}, {f.member}, SHA-256 {f.sha256}" for f in MODEL_FILES[name]),
    }
    path = Path(__file__).with_name(f"{name}.safetensors")
    save_file({key: value.contiguous() for key, value in tensors.items()}, path, metadata)
    print(path.name, path.stat().st_size, "bytes")


@torch.no_grad()
def minilm() -> None:
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    weights, tokenizer_file = fetch_all(MODEL_FILES["minilm"])
    sizes = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
    model = BertModel(BertConfig(**sizes, attn_implementation="eager")).eval()
    missing = model.load_state_dict(load_file(weights), strict=False).missing_keys
    if missing:
        raise SystemExit(f"missing: {missing}")
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.enable_padding()
    encoded = tokenizer.encode_batch(SENTENCES)
    tokens = torch.tensor([one.ids for one in encoded])
    real = torch.tensor([one.attention_mask for one in encoded])
    out = model(tokens, attention_mask=real, output_attentions=True)
    mean = (out.last_hidden_state * real[..., None]).sum(1) / real.sum(1, keepdim=True)
    maps = torch.stack(out.attentions)[:, 1, :, : real[1].sum(), : real[1].sum()]  # of the second sentence
    tensors = {"tokens": tokens, "real": real, "last": out.last_hidden_state, "maps": maps}
    tensors["sentences"] = torch.nn.functional.normalize(mean, dim=-1)
    save("minilm", tensors, "transformers.BertModel, eager attention, float32", ["transformers", "torch", "tokenizers"])


def made_up_image(height: int, width: int) -> torch.Tensor:
    """Numbers from 0 to 1 that any machine computes alike: no photo needs to be stored or decoded."""
    y, x = torch.arange(height)[:, None], torch.arange(width)[None]
    disc = (y - height // 2) ** 2 + (x - width // 3) ** 2 < (height // 4) ** 2
    return torch.stack([(7 * y + 3 * x) % 256, (x * y) % 251, 255 * disc])[None] / 255  # (1, 3, height, width)


def dinov2() -> None:
    import numpy as np
    import onnx
    import onnxruntime

    (path,) = fetch_all(MODEL_FILES["dinov2"])
    out = "/backbone/layernorm/Add_1_output_0"
    maps = "/backbone/encoder/layer.11/attention/attention/Softmax_output_0"
    model = onnx.load(path)
    del model.graph.output[:]
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in (out, maps))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    image = made_up_image(224, 224)
    mean, spread = (torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    tokens, weights = session.run([out, maps], {"input_image": ((image - mean) / spread).numpy().astype(np.float32)})
    every_fourth = torch.from_numpy(tokens[:, ::4].copy())  # the class token is the first of them
    tensors = {"every_fourth_token": every_fourth, "class_row": torch.from_numpy(weights[:, :, 0].copy())}
    save("dinov2", tensors, "onnxruntime, the graph cut at its backbone's last norm", ["onnxruntime", "onnx"])


@torch.no_grad()
def smollm2() -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    (path,) = fetch_all(MODEL_FILES["smollm2"])
    file = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    tokenizer = AutoTokenizer.from_pretrained(**file)
    model = AutoModelForCausalLM.from_pretrained(**file, dtype=torch.float32, attn_implementation="eager").eval()
    prompt = tokenizer("The capital of France is", return_tensors="pt").input_ids
    greedy = model.generate(prompt, max_new_tokens=20, do_sample=False)
    random = torch.randint(100, 49152, (1, 30), generator=torch.Generator().manual_seed(0))
    out = model(random.repeat(1, 2), output_attentions=True)
    tensors = {"prompt": prompt, "greedy": greedy, "random": random, "logits": out.logits[0, ::7, ::97]}
    tensors |= {"weights_18_6": out.attentions[18][0, 6], "weights_0_0": out.attentions[0][0, 0]}
    text = tokenizer("  Fünf Zahlen: 12345, it's\n\ndone.", return_tensors="pt").input_ids
    tensors |= {"text": text}
    made_by = "transformers.AutoModelForCausalLM from the GGUF file, eager attention, float32"
    save("smollm2", tensors, made_by, ["transformers", "torch", "gguf", "tokenizers"])


def made_up_sound() -> torch.Tensor:
    """Two seconds of a tone that rises and falls, 16 000 samples a second."""
    t = torch.arange(32_000, dtype=torch.float64) / 16_000
    return (0.3 * torch.sin(2 * torch.pi * (300 + 900 * t) * t) * torch.sin(torch.pi * t / 2)).float()


@torch.no_grad()
def whisper() -> None:
    import ctranslate2
    import numpy as np
    from tokenizers import Tokenizer
    from transformers import WhisperFeatureExtractor

    weights, tokenizer, recording = fetch_all(MODEL_FILES["whisper"])
    hear = partial(WhisperFeatureExtractor(), sampling_rate=16_000, return_tensors="np")
    mel = hear(made_up_sound().numpy()).input_features
    with tempfile.TemporaryDirectory() as folder:  # it wants the tokens in a file of another form
        Path(folder, "model.bin").symlink_to(weights)
        numbers = Tokenizer.from_file(str(tokenizer)).get_vocab()
        tokens = sorted(numbers, key=numbers.__getitem__)
        Path(folder, "vocabulary.json").write_text(json.dumps(tokens))
        Path(folder, "config.json").write_text(json.dumps({"alignment_heads": ALIGNING}))
        model = ctranslate2.models.Whisper(folder, compute_type="float32")
    memory = torch.from_numpy(np.array(model.encode(ctranslate2.StorageView.from_array(mel))))
    tensors = {"mel": torch.from_numpy(mel)[0].T[::23], "memory": memory[0, ::50]}

    speech = read_wav(recording)[0]
    heard = hear(speech.numpy()).input_features
    features = ctranslate2.StorageView.from_array(heard)
    prompt = [numbers[START], numbers[NO_TIMES]]
    text = model.generate(features, [prompt], beam_size=1, suppress_blank=False, suppress_tokens=None)[0].sequences_ids[
        0
    ]
    path = model.align(features, prompt[:1], [text], [len(speech) // 160])[0].alignments
    first = dict(reversed(path))  # the first place of each token
    tensors["text"], tensors["starts"] = torch.tensor(text), torch.tensor([first[row] for row in sorted(first)])
    reference = reference_models.whisper("eager")
    out = reference(
        input_features=torch.from_numpy(heard),
        decoder_input_ids=torch.tensor([[*prompt, *text, numbers[END]]]),
        output_attentions=True,
    )
    tensors["logits"] = out.logits[0, :, ::211]
    tensors["looks"] = torch.stack([out.cross_attentions[layer][0, head, :, :500:9] for layer, head in ALIGNING])
    made_by = (
        "mel by transformers.WhisperFeatureExtractor, memory, text and starts by ctranslate2, logits and looks by "
    )
    made_by += "transformers.WhisperForConditionalGeneration, eager attention; all float32"
    save("whisper", tensors, made_by, ["transformers", "ctranslate2"])


if __name__ == "__main__":
    for model_name in sys.argv[1:]:
        globals()[model_name]()
