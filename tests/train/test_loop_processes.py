"""The loop in two processes: what one computes, resumed exactly, and alone unless told otherwise."""

import os
import subprocess
import sys
import textwrap

import pytest
import torch

MAKE = """
    import sys, torch
    from torch import nn
    from course_attn.train import Processes, Trainer

    torch.set_num_threads(1)
    def make(dropout, seed=0, **options):
        torch.manual_seed(3)
        model = nn.Sequential(nn.Linear(3, 5), nn.Dropout(dropout), nn.Linear(5, 2))
        def sample(generator):
            x = torch.randn(14, 3, generator=generator)
            return x, x[:, :2]
        def loss(model, batch):
            return (model(batch[0]) - batch[1]).square().mean()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
        return Trainer(model, loss, sample, optimizer, seed=seed, **options)
"""

TRAIN = """
    with Processes("cpu") as processes:
        losses = make(0.0, processes=processes).run(7, checkpoint=sys.argv[1], progress=False)
        if processes.rank == 0:
            print(processes.count, *losses)
"""

RESUME = """
    with Processes("cpu") as processes:
        whole = make(0.4, processes=processes)
        whole.run(6, progress=False)
        first = make(0.4, processes=processes)
        first.run(3, checkpoint=sys.argv[1], progress=False)
        torch.rand(5 + processes.rank)  # somebody else draws numbers in between
        second = make(0.4, seed=99, processes=processes)
        second.load(sys.argv[1])
        second.run(6, progress=False)
        seen = [torch.nn.functional.dropout(torch.ones(64), 0.4)]  # the next draw of each process
        states = processes.gather(seen[0])
        if processes.rank == 0:
            print(int(torch.equal(*states)), *whole.losses, *second.losses)
"""

LEFT_OUT = """
    import os
    losses = make(0.4).run(2, progress=False)
    with open(f"{sys.argv[1]}.{os.environ['RANK']}", "w") as file:
        print(*losses, file=file)
    try:
        make(0.4, processes=Processes("cpu"))
    except ValueError as problem:
        sys.exit(0 if "the processes must be entered before" in str(problem) else 3)
    sys.exit(4)
"""


def run_script(tmp_path, text, count, name="run.pt"):
    """Run a script in one or several processes; return the numbers it printed."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(MAKE) + textwrap.dedent(text))
    together = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)] if count > 1 else []
    command = [sys.executable, *together, str(script), str(tmp_path / name)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return [float(word) for word in done.stdout.split()]


def test_two_gloo_processes_give_the_single_process_result(tmp_path):
    one, two = (run_script(tmp_path, TRAIN, count, f"{count}.pt") for count in (1, 2))
    assert (one[0], two[0]) == (1, 2)
    assert one[1:] == pytest.approx(two[1:], rel=1e-5)
    one, two = (torch.load(tmp_path / f"{count}.pt", weights_only=True)["model"] for count in (1, 2))
    for name in one:
        torch.testing.assert_close(one[name], two[name])


def test_two_processes_go_on_exactly_where_they_stopped(tmp_path):
    alike, *losses = run_script(tmp_path, RESUME, 2)
    assert not alike, "both processes must not drop the same"
    whole, resumed = losses[:6], losses[6:]
    assert resumed == whole
    dropout = torch.load(tmp_path / "run.pt", weights_only=True)["dropout"]
    assert len(dropout) == 2
    assert not torch.equal(dropout[0][0], dropout[1][0])


def test_without_processes_each_trains_alone_even_under_torchrun(tmp_path):
    run_script(tmp_path, LEFT_OUT, 2, "losses")
    first, second = ((tmp_path / f"losses.{rank}").read_text() for rank in (0, 1))
    assert first == second
    assert len(first.split()) == 2
