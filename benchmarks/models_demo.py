"""The four real models from a cache that is empty: ``python -m benchmarks.models_demo [--kept] [minilm ...]``.

For each: seconds to fetch, seconds to load, largest difference to the stored reference outputs of another library
(``tests/golden``), and one thing that it does. ``--kept`` uses the usual cache instead of an empty one; the result is
stored in ``course_attn/results/pretrained_demo.json`` only for all four from an empty one.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.record import provenance, store
from course_attn.data.images import PHOTO_FILES, photo
from course_attn.files import fetch, fetch_all
from course_attn.pretrained.dinov2 import DINOv2, crop_to_patches, load_dinov2
from course_attn.pretrained.minilm import MiniLM, load_minilm
from course_attn.pretrained.pins import EVER_TRIED, MODEL_FILES
from course_attn.pretrained.smollm2 import SmolLM2, load_smollm2
from course_attn.pretrained.speech import log_mel, read_wav
from course_attn.pretrained.whisper import Whisper, load_whisper

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden"
Result = tuple[dict[str, float], str]  # largest differences by name, and what was shown
# The sentences and the image of tests/golden/make_pretrained.py.
SENTENCES = [
    "The bank raised interest rates while she sat on the bank of the river.",
    "Attention looks around.",
]


def apart(mine: Tensor, stored: Tensor) -> float:
    """Largest difference, to two figures."""
    return float(f"{float((mine - stored).abs().max()):.2g}")


def minilm(model: MiniLM, stored: dict[str, Tensor]) -> Result:
    """The nearest of four sentences."""
    tokens, mask, _ = model.encode(SENTENCES)
    real = stored["real"].bool()
    differences = {"vectors": apart(model(tokens, mask)[real], stored["last"][real])}
    differences["weights"] = apart(model.attention_maps(SENTENCES[1])[1], stored["maps"])
    asked = "Where can I leave my bicycle?"
    known = ["The stock market fell sharply.", "Cycle stands are behind the station.", "She bakes bread on Sundays."]
    cosines = model.sentence_vectors(known) @ model.sentence_vectors(asked)[0]
    best = int(cosines.argmax())
    return differences, f"{asked!r} is nearest to {known[best]!r}: " + ", ".join(f"{c:.2f}" for c in cosines.tolist())


def smollm2(model: SmolLM2, stored: dict[str, Tensor]) -> Result:
    """Twenty greedy tokens."""
    twice = stored["random"].repeat(1, 2)
    differences = {"scores": apart(model(twice)[0, ::7, ::97], stored["logits"])}
    differences["weights"] = apart(model.weights(twice)[18][0, 6], stored["weights_18_6"])
    prompt = model.decode(stored["prompt"][0])
    text = model.complete(prompt, 20)
    reference = model.decode(stored["greedy"][0]).removesuffix("<|im_end|>")
    same = "the reference's tokens" if prompt + text == reference else f"the reference says {reference!r}"
    return differences, f"{prompt!r} goes on {text!r} ({same})"


def whisper(model: Whisper, stored: dict[str, Tensor]) -> Result:
    """A recording written down, with the seconds of each word."""
    speech, rate = read_wav(fetch(EVER_TRIED))
    tokens = torch.tensor([[50257, 50362, *stored["text"].tolist(), 50256]])
    maps = model.alignment_maps(speech, rate, tokens)
    differences = {"scores": apart(model(log_mel(speech, rate)[None], tokens)[0, :, ::211], stored["logits"])}
    differences["cross-attention"] = apart(maps[:, :, :495:9], stored["looks"][:, :, :55])
    words = model.word_times(speech, rate)
    return differences, " ".join(f"{word.text} [{word.start:.2f}-{word.end:.2f}]" for word in words)


def dinov2(model: DINOv2, stored: dict[str, Tensor]) -> Result:
    """Where the class token looks on a photo of a cat, and what it is made of."""
    y, x = torch.arange(224)[:, None], torch.arange(224)[None]
    disc = (y - 112) ** 2 + (x - 74) ** 2 < 56**2
    image = torch.stack([(7 * y + 3 * x) % 256, (x * y) % 251, 255 * disc])[None] / 255
    differences = {"tokens": apart(model(image)[:, ::4], stored["every_fourth_token"])}
    differences["weights"] = apart(model.weights(image)[-1][:, :, 0], stored["class_row"])
    cat = crop_to_patches(photo("chelsea") / 255)[None]
    looks, flow = model.class_maps(cat)[0, -1], model.rollout(cat)[0]
    held = [patches_for_half(head) for head in looks]
    line = f"photo of a cat, {flow.shape[0]} x {flow.shape[1]} patches: half of the class token's attention lies on "
    line += f"{min(held)} to {max(held)} of them, by head of the last layer; half of the rollout "
    return differences, line + f"on {patches_for_half(flow)}"


def patches_for_half(shares: Tensor) -> int:
    """How many of the largest shares make half of all."""
    running = shares.flatten().sort(descending=True).values.cumsum(0)
    return int((running < running[-1] / 2).sum()) + 1


MODELS: dict[str, tuple[Callable[[], Any], Callable[[Any, dict[str, Tensor]], Result]]] = {
    "minilm": (load_minilm, minilm),
    "smollm2": (load_smollm2, smollm2),
    "whisper": (load_whisper, whisper),
    "dinov2": (load_dinov2, dinov2),
}


def show(name: str) -> dict[str, Any]:
    """One model; prints a few lines and returns what it found."""
    load, use = MODELS[name]
    files = [*MODEL_FILES[name], *([PHOTO_FILES["chelsea"]] if name == "dinov2" else [])]
    missing, start = [file for file in files if not file.path.exists()], time.perf_counter()
    fetch_all(files)
    fetched, loading = time.perf_counter(), time.process_time()
    model = load()
    loaded, using = time.perf_counter(), time.process_time()
    with torch.no_grad():
        differences, shown = use(model, load_file(GOLDEN / f"{name}.safetensors"))
    result = {
        "fetched_mb": round(sum(file.path.stat().st_size for file in missing) / 1e6, 1),
        "fetch_s": round(fetched - start, 1),
        "load_s": round(loaded - fetched, 1),
        "load_cpu_s": round(using - loading, 1),
        "use_s": round(time.perf_counter() - loaded, 1),
        "max_difference": differences,
        "shown": shown,
    }
    print(f"{name}: fetched in {result['fetch_s']} s, loaded in {result['load_s']} s", end="")
    print(f" ({result['load_cpu_s']} s of CPU time)")
    print("    apart from the reference by " + ", ".join(f"{what} {value:g}" for what, value in differences.items()))
    print(f"    {shown}", flush=True)
    return result


def main() -> None:
    """The command."""
    torch.set_num_threads(1)
    kept = "--kept" in sys.argv
    names = [name for name in sys.argv[1:] if name != "--kept"] or list(MODELS)
    with tempfile.TemporaryDirectory() as empty:
        if not kept:
            os.environ["COURSE_ATTN_CACHE"] = empty
        results = {name: show(name) for name in names}
    if not kept and set(names) == set(MODELS):
        print(store("pretrained_demo", provenance(0) | {"threads": 1, "models": results}))


if __name__ == "__main__":
    main()
