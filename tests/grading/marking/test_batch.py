"""Many submissions: same results however many processes, kept, resumed, never stopped by one of them."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course_attn.grading.marking import batch
from course_attn.grading.marking.submissions import Submission

RIGHT = "import math\n\ndef scaled_dot_scores(query, key):\n    return query @ key.mT / math.sqrt(query.shape[-1])\n"
KINDS = [
    RIGHT,
    RIGHT.replace("/ math.sqrt", "* math.sqrt"),
    "import os\nos._exit(3)\n",
    "import ctypes\nctypes.string_at(0)\n",
    "def scaled_dot_scores(query, key):\n    raise KeyError\n",
]


def crowd(count):
    """Submissions of all kinds, no two alike."""
    texts = [f"# {number}\n{KINDS[number % len(KINDS)]}" for number in range(count)]
    answers = [{"scaled_dot_scores": ("scaled_dot_scores.py", text)} for text in texts]
    return [Submission(f"s{number}", each) for number, each in enumerate(answers)]


def test_kept_results_are_not_made_again(tmp_path, terms):
    first, costs = batch.mark_many(crowd(5), terms, tmp_path)
    assert (costs.marked, costs.known) == (5, 0)
    assert [result["score"] for result in first] == [2, 0, 0, 0, 0]
    again, costs = batch.mark_many([*crowd(5), Submission("new", {"predict_output": ("p.py", "x")})], terms, tmp_path)
    assert (costs.marked, costs.known) == (1, 5)
    assert again[:5] == first


def test_a_run_that_was_killed_goes_on(tmp_path, terms):
    class Killed(BaseException):
        pass

    def stop(result):
        if result["submission"] == "s2":
            raise Killed

    with pytest.raises(Killed):
        batch.mark_many(crowd(5), terms, tmp_path, seen=stop)
    _, costs = batch.mark_many(crowd(5), terms, tmp_path)
    assert (costs.marked, costs.known) == (2, 3)


def test_a_broken_file_in_the_cache_counts_as_missing(tmp_path, terms):
    key = terms.key(crowd(1)[0])
    (tmp_path / f"{key}.json").write_text('{"key": ')
    assert batch.recall(tmp_path, key) is None
    (tmp_path / f"{key}.json").write_text(json.dumps({"key": "another"}))
    assert batch.recall(tmp_path, key) is None


def test_what_could_not_be_marked_is_not_kept(tmp_path, terms, monkeypatch):
    def fails(*args):
        raise OSError("no more processes")

    monkeypatch.setattr(batch, "mark", fails)
    (result,), _ = batch.mark_many(crowd(1), terms, tmp_path)
    assert result["problems"] == ["could not be marked: OSError: no more processes"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_same_with_two_processes_and_on_dask(tmp_path, terms):
    pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    alone, _ = batch.mark_many(crowd(20), terms, tmp_path / "1")
    pool, _ = batch.mark_many(crowd(20), terms, tmp_path / "2", jobs=2)
    assert pool == alone
    cluster, _ = batch.mark_many(crowd(20), terms, tmp_path / "3", jobs=2, cluster="local")
    assert cluster == alone


@pytest.mark.slow
def test_a_cluster_that_is_there_already_is_used_by_its_address(tmp_path, terms):
    distributed = pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    alone, _ = batch.mark_many(crowd(5), terms, tmp_path / "1")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as cluster:
        found, costs = batch.mark_many(crowd(5), terms, tmp_path / "2", cluster=cluster.scheduler_address)
    assert found == alone
    assert costs.marked == 5


def test_a_task_that_a_cluster_loses_fails_alone(terms):
    from concurrent.futures import Future

    class Lossy:
        def submit(self, function, submission, terms):
            future = Future()
            if submission.name == "s1":
                future.set_exception(ConnectionError("the machine is gone"))
            else:
                future.set_result({"submission": submission.name})
            return future

    found = dict(batch._through(Lossy(), crowd(3), [0, 1, 2], terms))
    assert found[0] == {"submission": "s0"}
    assert found[1]["problems"] == ["could not be marked: ConnectionError: the machine is gone"]
    assert found[1]["key"] == "", "it is not kept, so that the next run marks it"


def test_a_machine_with_another_course_marks_nothing(tmp_path, terms, monkeypatch):
    def elsewhere(submission, terms, zygote):
        return {"key": "another", "submission": submission.name, "score": 2}

    monkeypatch.setattr(batch, "mark", elsewhere)
    (result,), _ = batch.mark_many(crowd(1), terms, tmp_path)
    assert result["score"] == 0
    assert result["problems"] == ["could not be marked: a machine of the cluster has another course or torch"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes as POSIX has them")
def test_an_interrupt_ends_the_processes_and_none_of_them_hears_it():
    """Each would print a traceback of its own; and what is still waiting must not be marked first."""
    before = set(multiprocessing.active_children())

    def interrupted():
        with batch._processes(2) as executor:
            with batch._no_interrupts():
                assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
                groups = [executor.submit(os.getpgrp) for _ in range(2)]
            assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
            assert os.getpgrp() not in [group.result() for group in groups]
            handler = executor.submit(signal.getsignal, signal.SIGINT).result()
            assert handler == signal.default_int_handler, "an answer meets signals as everywhere"
            assert executor.submit(signal.pthread_sigmask, signal.SIG_BLOCK, []).result() == set()
            for _ in range(5):
                executor.submit(time.sleep, 600)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert set(multiprocessing.active_children()) <= before


KILLED = """\
import os, signal, time
from course_attn.grading.marking import batch
if __name__ == "__main__":
    with batch._processes(1) as executor:
        print(executor.submit(os.getpid).result(), flush=True)
        executor.submit(time.sleep, 600)
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes as POSIX has them")
def test_the_processes_end_with_one_that_is_killed(tmp_path):
    """Each stands in a group of its own, so nobody else would end them."""
    program = tmp_path / "killed.py"
    program.write_text(KILLED)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    until = time.monotonic() + 20
    while alive(int(done.stdout)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not alive(int(done.stdout))


def alive(pid):
    try:
        os.kill(pid, 0)
        return sys.platform != "linux" or "Z" not in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_full_disk_leaves_no_half_result(tmp_path, monkeypatch):
    batch.keep(tmp_path, {"key": "a", "score": 1})

    def fail(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", fail)
    with pytest.raises(OSError, match=r"No space left on device: '.*/a\.json'"):
        batch.keep(tmp_path, {"key": "a", "score": 2})
    assert batch.recall(tmp_path, "a") == {"key": "a", "score": 1}
