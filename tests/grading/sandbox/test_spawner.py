"""Tier D: the same answers from plain processes, and the deadline kept."""

import pytest
import torch

from course_attn.grading.explain import AnswerError
from course_attn.grading.sandbox import isolation
from course_attn.grading.sandbox.remote import RemoteStudent, WorkerLost, Zygote
from course_attn.grading.sandbox.spawner import Spawner, start_host

SOURCE = """import os

def f(x):
    if x == 1:
        os._exit(3)
    while x == 2:
        pass
    return x * 2
"""


def test_calls_deadline_and_cost():
    host = start_host("D")
    student = RemoteStudent(host, SOURCE, "f.py", "f", ["x"], 3.0)
    assert student(torch.tensor([5.0])).item() == 10
    with pytest.raises(WorkerLost, match="ended its own process"):
        student(1)
    with pytest.raises(WorkerLost, match="longer than 3 s"):
        student(2)
    assert student(7) == 14
    assert student.vjp([torch.tensor([5.0])], torch.tensor([3.0]))[0].item() == 6
    student.close()
    assert host.cpu_seconds > 2, "the endless loop has run for its three seconds"
    assert host.stop() == 0, "nothing is left to stop"
    host.close()


def test_the_course_is_masked_there_too():
    host = Spawner()
    with pytest.raises(AnswerError, match="course_attn is not there"):
        RemoteStudent(host, "import course_attn.scores\n", "f.py", "f", ["x"], 20.0)
    host.close()


def test_a_worker_that_does_not_start_says_so(monkeypatch):
    monkeypatch.setattr(isolation, "boot_alone", lambda: "raise SystemExit('no')")
    with pytest.raises(RuntimeError, match="tier D did not start"):
        Spawner().start()


def test_the_other_tiers_have_a_zygote():
    host = start_host("C")
    assert type(host) is Zygote
    host.close()
