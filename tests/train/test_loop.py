"""The loop: it learns, goes on exactly where it stopped, and says what does not fit."""

import io
import re

import pytest
import torch
from torch import nn

from course_attn.train import Trainer, warmup_cosine


def make(width=5, seed=0, **options):
    torch.manual_seed(7)
    model = nn.Sequential(nn.Linear(3, width), nn.Tanh(), nn.Dropout(0.3), nn.Linear(width, 2))

    def sample(generator):
        x = torch.randn(11, 3, generator=generator)
        return x, x[:, :2] * 2 - 1

    def loss(model, batch):
        return (model(batch[0]) - batch[1]).square().mean()

    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
    return Trainer(model, loss, sample, optimizer, schedule=warmup_cosine(20, 3), seed=seed, **options)


def test_loss_falls():
    trainer = make()
    losses = trainer.run(20, progress=False)
    assert len(losses) == 20
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])


def test_resumed_run_equals_the_uninterrupted_one(tmp_path):
    whole = make()
    whole.run(20, progress=False)
    first = make()
    first.run(9, checkpoint=tmp_path / "run.pt", progress=False)
    torch.rand(13)  # somebody else draws numbers in between
    second = make(seed=99)
    second.load(tmp_path / "run.pt")
    assert second.step == 9
    assert second.run(20, progress=False) == whole.losses
    for mine, theirs in zip(second.bare_model.parameters(), whole.bare_model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_saves_every_few_steps(tmp_path):
    trainer = make()
    saved = []
    trainer.save = lambda path: saved.append(trainer.step)
    trainer.run(8, checkpoint=tmp_path / "run.pt", every=3, progress=False)
    assert saved == [3, 6, 8]


def test_learning_rate_follows_the_schedule():
    trainer = make()
    trainer.run(2, progress=False)
    assert trainer.optimizer.param_groups[0]["lr"] == pytest.approx(0.05 * 2 / 3)


def test_clip_limits_the_gradient():
    trainer = make(clip=1e-3)
    trainer.run(1, progress=False)
    norm = torch.stack([p.grad.norm() for p in trainer.bare_model.parameters()]).norm()
    assert norm <= 1.001e-3


def test_bf16_computes_in_bfloat16_and_keeps_float32_parameters():
    trainer = make(bf16=True)
    seen = []
    trainer.bare_model[0].register_forward_hook(lambda module, args, output: seen.append(output.dtype))
    trainer.run(1, progress=False)
    assert seen == [torch.bfloat16]
    assert all(p.dtype == torch.float32 for p in trainer.bare_model.parameters())


def test_progress_is_one_line_with_a_fixed_end(capsys):
    make().run(12)
    assert capsys.readouterr().out.split("\r")[-1].startswith("step 12 of 12  loss ")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_loss_that_is_not_finite_stops_before_the_step(value):
    trainer = make()
    before = [p.clone() for p in trainer.bare_model.parameters()]
    trainer.loss = lambda model, batch: model(batch[0]).mean() * 0 + float(value)
    with pytest.raises(ValueError, match=f"the loss must be finite, got {value} at step 0"):
        trainer.run(1, progress=False)
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.bare_model.parameters(), strict=True))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda model, x: model(x), r"a scalar tensor, got shape \(11, 2\), float32 \(take its mean\)"),
        (lambda model, x: 3.0, "a scalar tensor, got float 3.0"),
        (lambda model, x: model(x).mean().item(), "a scalar tensor, got float"),
        (lambda model, x: model(x).detach().mean(), "computed from the model's parameters, got one with no gradient"),
    ],
)
def test_a_loss_that_is_none(value, message):
    trainer = make()
    trainer.loss = lambda model, batch: value(model, batch[0])
    with pytest.raises(ValueError, match=f"Trainer.run: the loss must be {message}"):
        trainer.run(1, progress=False)


def changed(**options):
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    given = {"model": model, "loss": make, "sample": make, "optimizer": optimizer} | options
    return lambda: Trainer(given.pop("model"), given.pop("loss"), given.pop("sample"), given.pop("optimizer"), **given)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (changed(model=make), "Trainer: model must be a torch.nn.Module, got function"),
        (changed(optimizer=0.1), "Trainer: optimizer must be a torch.optim.Optimizer, got float 0.1"),
        (changed(loss=3.0), "Trainer: loss must be a function, got float 3.0"),
        (changed(sample=torch.ones(2)), "Trainer: sample must be a function, got shape (2,), float32"),
        (changed(schedule=0.5), "Trainer: schedule must be a function, got float 0.5"),
        (changed(clip=-1), "Trainer: clip must be a number greater than 0, got int -1"),
        (changed(clip=0.0), "Trainer: clip must be a number greater than 0, got float 0.0"),
        (changed(seed=1.5), "Trainer: seed must be a whole number, got float 1.5"),
        (lambda: make().run(0), "until must be a whole number of at least 1, got int 0"),
        (lambda: make().run(2, every=-1), "every must be a whole number of at least 1, got int -1"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_a_checkpoint_that_cannot_be_written_is_said_before_the_first_step(tmp_path):
    trainer = make()
    with pytest.raises(ValueError, match=r"checkpoint must be a file in a folder that exists, got .*run.pt"):
        trainer.run(3, checkpoint=tmp_path / "no" / "run.pt", progress=False)
    assert trainer.step == 0


def everything(trainer):
    """All that the next step depends on, as bytes."""
    held = (trainer.bare_model.state_dict(), trainer.optimizer.state_dict(), trainer.rates, trainer.losses)
    buffer = io.BytesIO()
    torch.save((held, trainer.generator.get_state(), torch.get_rng_state()), buffer)
    return buffer.getvalue()


def other_optimizer(trainer):
    trainer.optimizer = torch.optim.SGD(trainer.bare_model.parameters(), lr=0.1, momentum=0.9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("rates"), "the checkpoint's rates must be a list"),
        (lambda state: state.pop("dropout"), "the checkpoint's dropout must be a list"),
        (lambda state: state["model"].pop("3.bias"), "3.bias must be of shape (2,), float32, got nothing by that name"),
        (
            lambda state: state["model"].update({"3.bias": [1.0, 2.0]}),
            "3.bias must be of shape (2,), float32, got list",
        ),
        (lambda state: state["optimizer"].pop("param_groups"), "optimizer must be a state_dict of an optimizer"),
        (
            lambda state: state["optimizer_is"].__setitem__(0, "SGD"),
            "the checkpoint's optimizer must be AdamW, got SGD",
        ),
        (lambda state: state["rates"].append(0.1), "groups and rates must be 1 each, one for each group, got 1 and 2"),
        (lambda state: state.update(data=torch.zeros(3)), "the checkpoint's data must be of shape"),
        (lambda state: state["dropout"].append(state["dropout"][0]), "processes must be 1, as there are now, got 2"),
        (lambda state: state.update(dropout=[[torch.zeros(3), None]]), "the checkpoint's dropout must be of shape"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_changed(tmp_path, change, message):
    make().run(3, checkpoint=tmp_path / "run.pt", progress=False)
    state = torch.load(tmp_path / "run.pt", weights_only=True)
    change(state)
    torch.save(state, tmp_path / "run.pt")
    trainer = make(seed=5)
    trainer.run(1, progress=False)
    before = everything(trainer)
    with pytest.raises(ValueError, match=re.escape(message)):
        trainer.load(tmp_path / "run.pt")
    assert everything(trainer) == before


def test_another_optimizer_is_named_and_nothing_is_changed(tmp_path):
    first = make()
    other_optimizer(first)
    first.run(2, checkpoint=tmp_path / "run.pt", progress=False)
    second = make()
    before = everything(second)
    with pytest.raises(ValueError, match="the checkpoint's optimizer must be AdamW, got SGD"):
        second.load(tmp_path / "run.pt")
    assert everything(second) == before
    other_optimizer(second)
    second.load(tmp_path / "run.pt")
    assert second.step == 2


def test_a_model_of_another_width_is_named(tmp_path):
    make(width=7).run(1, checkpoint=tmp_path / "run.pt", progress=False)
    trainer = make(width=5)
    before = everything(trainer)
    with pytest.raises(ValueError, match=r"0.weight must be of shape \(5, 3\), float32, got shape \(7, 3\), float32"):
        trainer.load(tmp_path / "run.pt")
    assert everything(trainer) == before
