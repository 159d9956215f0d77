"""Checkpoints: what is read back, and what is refused, each thing by its name."""

import re

import pytest
import torch
from torch import nn

from course_attn.train.checkpoint import (
    check_alike,
    check_dropout_fits,
    check_model_fits,
    check_optimizer_fits,
    optimizer_is,
    read_checkpoint,
    write_checkpoint,
)


def whole():
    """A state with every entry, of a Linear and an Adam."""
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "optimizer_is": optimizer_is(optimizer)}
    state |= {"rates": [0.1], "losses": [2.0], "data": torch.Generator().get_state()}
    return model, optimizer, state | {"dropout": [[torch.get_rng_state(), None]]}


def test_what_is_written_is_read(tmp_path):
    model, optimizer, state = whole()
    write_checkpoint(tmp_path / "run.pt", state)
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]  # no part is left
    read = read_checkpoint(str(tmp_path / "run.pt"))
    assert read.keys() == state.keys()
    check_model_fits(model, read["model"])
    check_optimizer_fits(optimizer, read)
    check_dropout_fits(read["dropout"], 1, state["dropout"][0])
    assert read["optimizer_is"] == ["Adam", [[2, 3], [2]]]


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    write_checkpoint(tmp_path / "run.pt", whole()[2])
    before = (tmp_path / "run.pt").read_bytes()
    with pytest.raises(Exception, match="pickle"):
        write_checkpoint(tmp_path / "run.pt", {"model": lambda: None})
    assert (tmp_path / "run.pt").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, ", which does not exist"), (b"no checkpoint", ": "), (b"", ": ")],
)
def test_a_file_that_is_no_checkpoint(tmp_path, content, message):
    if content is not None:
        (tmp_path / "run.pt").write_bytes(content)
    with pytest.raises(ValueError, match=f"path must be a checkpoint file, got .*run.pt{message}"):
        read_checkpoint(tmp_path / "run.pt")


def test_a_file_that_is_cut_short_and_paths_that_are_none(tmp_path):
    write_checkpoint(tmp_path / "run.pt", whole()[2])
    (tmp_path / "run.pt").write_bytes((tmp_path / "run.pt").read_bytes()[:-100])
    for path in (tmp_path / "run.pt", tmp_path, 5, None):
        with pytest.raises(ValueError, match=r"Trainer.load: path must be a checkpoint file, got"):
            read_checkpoint(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": [1]}, "the checkpoint's model must be a dict, as Trainer.save writes it, got list [1]"),
        ({"losses": None}, "the checkpoint's losses must be a list, as Trainer.save writes it, got NoneType None"),
        ({"losses": ["a"]}, "the checkpoint's losses must be numbers, got str 'a'"),
        ({"rates": [None]}, "the checkpoint's rates must be numbers, got NoneType None"),
        ({"data": 5}, "the checkpoint's data must be a Tensor, as Trainer.save writes it, got int 5"),
    ],
)
def test_entries_of_another_kind(tmp_path, change, message):
    torch.save(whole()[2] | change, tmp_path / "run.pt")
    with pytest.raises(ValueError, match=re.escape(message)):
        read_checkpoint(tmp_path / "run.pt")


@pytest.mark.parametrize("name", ["model", "optimizer", "optimizer_is", "rates", "losses", "data", "dropout"])
def test_every_entry_is_needed(tmp_path, name):
    state = whole()[2]
    del state[name]
    torch.save(state, tmp_path / "run.pt")
    with pytest.raises(ValueError, match=f"the checkpoint's {name} must be a .*, got nothing by that name"):
        read_checkpoint(tmp_path / "run.pt")
    torch.save([state], tmp_path / "run.pt")
    with pytest.raises(ValueError, match=r"path must be a checkpoint of Trainer.save, got .*: list"):
        read_checkpoint(tmp_path / "run.pt")


def test_a_model_that_does_not_fit():
    model, _, state = whole()
    weight, bias = state["model"]["weight"], state["model"]["bias"]
    for saved, message in (
        ({"weight": weight}, "bias must be of shape (2,), float32, got nothing by that name"),
        ({"weight": weight, "bias": bias, "more": bias}, "more must be a parameter of the model, got a name"),
        ({"weight": weight.T, "bias": bias}, "weight must be of shape (2, 3), float32, got shape (3, 2), float32"),
        (
            {"weight": weight.double(), "bias": bias},
            "weight must be of shape (2, 3), float32, got shape (2, 3), float64",
        ),
        ({"weight": weight, "bias": 3.0}, "bias must be of shape (2,), float32, got float 3.0"),
    ):
        with pytest.raises(ValueError, match=re.escape(f"Trainer.load: the checkpoint's {message}")):
            check_model_fits(model, saved)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda model: torch.optim.SGD(model.parameters(), lr=0.1), "optimizer must be SGD, got Adam"),
        (
            lambda model: torch.optim.Adam([{"params": [model.weight]}, {"params": [model.bias]}]),
            "optimizer must be of 2 groups of parameters, got 1",
        ),
        (
            lambda model: torch.optim.Adam([model.bias, model.weight]),
            "group 0, must be over parameters of shapes [[2], [2, 3]], got [[2, 3], [2]]",
        ),
    ],
)
def test_an_optimizer_that_does_not_fit(make, message):
    model, _, state = whole()
    with pytest.raises(ValueError, match=re.escape(message)):
        check_optimizer_fits(make(model), state)


def test_an_optimizer_without_one_of_its_settings():
    _, optimizer, state = whole()
    del state["optimizer"]["param_groups"][0]["betas"]
    with pytest.raises(ValueError, match="group 0, must be one with betas, got none"):
        check_optimizer_fits(optimizer, state)
    state = whole()[2]
    state["optimizer"]["param_groups"][0]["params"].pop()
    with pytest.raises(ValueError, match="group 0, must be over 2 parameters, got 1"):
        check_optimizer_fits(optimizer, state)


def test_states_of_dropout():
    own = [torch.get_rng_state(), None]
    check_dropout_fits([own, own], 2, own)
    check_dropout_fits([[own[0], torch.zeros(16)]], 1, own)  # from a GPU, which is not here
    with pytest.raises(ValueError, match="processes must be 1, as there are now, got 2"):
        check_dropout_fits([own, own], 1, own)
    for states in ([None], [[own[0]]]):
        with pytest.raises(ValueError, match="dropout must be a state of the CPU and of the GPU"):
            check_dropout_fits(states, 1, own)
    with pytest.raises(ValueError, match="dropout must be of shape"):
        check_dropout_fits([[None, None]], 1, own)


def test_what_is_no_tensor_is_not_compared():
    check_alike("extra", 5, {"any": 1})
