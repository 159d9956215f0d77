"""The loop: it learns, goes on exactly where it stopped, and says what does not fit."""

import subprocess
import sys
import textwrap

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


def test_a_loss_that_is_not_finite_stops_before_the_step():
    trainer = make()
    before = [p.clone() for p in trainer.bare_model.parameters()]
    trainer.loss = lambda model, batch: model(batch[0]).sum() * float("nan")
    with pytest.raises(ValueError, match="the loss must be finite, got nan at step 0"):
        trainer.run(1, progress=False)
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.bare_model.parameters(), strict=True))


def test_a_loss_that_is_no_scalar():
    trainer = make()
    trainer.loss = lambda model, batch: model(batch[0])
    with pytest.raises(ValueError, match=r"the loss must be a scalar, got shape \(11, 2\)"):
        trainer.run(1, progress=False)


def test_a_checkpoint_that_does_not_fit_names_the_first_mismatch(tmp_path):
    make(width=7).run(1, checkpoint=tmp_path / "run.pt", progress=False)
    trainer = make(width=5)
    before = [p.clone() for p in trainer.bare_model.parameters()]
    with pytest.raises(ValueError, match=r"checkpoint's 0.weight must be of shape \(5, 3\), got \(7, 3\)"):
        trainer.load(tmp_path / "run.pt")
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.bare_model.parameters(), strict=True))


@pytest.mark.parametrize(
    ("content", "message"), [(None, "does not exist"), (b"no checkpoint", "must be a checkpoint file")]
)
def test_a_file_that_is_no_checkpoint(tmp_path, content, message):
    if content is not None:
        (tmp_path / "run.pt").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        make().load(tmp_path / "run.pt")


def test_missing_and_unknown_entries_are_named(tmp_path):
    trainer = make()
    trainer.run(1, checkpoint=tmp_path / "run.pt", progress=False)
    state = torch.load(tmp_path / "run.pt", weights_only=True)
    kept = state["model"].pop("3.bias")
    torch.save(state, tmp_path / "less.pt")
    with pytest.raises(ValueError, match=r"3.bias must be of shape \(2,\), got nothing by that name"):
        trainer.load(tmp_path / "less.pt")
    state["model"] |= {"3.bias": kept, "4.weight": kept}
    torch.save(state, tmp_path / "more.pt")
    with pytest.raises(ValueError, match=r"4.weight must be a parameter of the model"):
        trainer.load(tmp_path / "more.pt")


SCRIPT = """
    import sys, torch
    from torch import nn
    from course_attn.train import Processes, Trainer

    torch.set_num_threads(1)
    torch.manual_seed(3)
    model = nn.Linear(3, 2)
    def sample(generator):
        x = torch.randn(14, 3, generator=generator)
        return x, x[:, :2]
    def loss(model, batch):
        return (model(batch[0]) - batch[1]).square().mean()
    with Processes("cpu") as processes:
        trainer = Trainer(model, loss, sample, torch.optim.SGD(model.parameters(), lr=0.1), processes=processes)
        losses = trainer.run(7, checkpoint=sys.argv[1], progress=False)
        if processes.rank == 0:
            print(processes.count, *losses)
"""


def test_two_gloo_processes_give_the_single_process_result(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    alone = [sys.executable, str(script), str(tmp_path / "one.pt")]
    together = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        str(script), str(tmp_path / "two.pt"),
    ]  # fmt: skip
    outputs = []
    for command in (alone, together):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        outputs.append([float(word) for word in done.stdout.split()])
    assert [count for count, *_ in outputs] == [1, 2]
    assert outputs[0][1:] == pytest.approx(outputs[1][1:], rel=1e-5)
    one, two = (torch.load(tmp_path / f"{name}.pt", weights_only=True)["model"] for name in ("one", "two"))
    for name in one:
        torch.testing.assert_close(one[name], two[name])
