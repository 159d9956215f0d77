"""Many submissions: on all cores or a cluster, each result kept as soon as it is there."""

from __future__ import annotations

import atexit
import contextlib
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from course_attn._whole import write_whole
from course_attn.grading.marking.marks import Terms, mark
from course_attn.grading.marking.submissions import Submission
from course_attn.grading.sandbox.remote import Zygote
from course_attn.grading.sandbox.spawner import start_host

Result = dict[str, Any]
_LOCK = threading.Lock()
_ZYGOTES: dict[str, Zygote] = {}
ATTEMPTS = 2
CONNECT_SECONDS = 10


class NoCluster(Exception):
    """The scheduler that was named cannot be reached, or what speaks to it is not installed."""


@dataclass
class Costs:
    """What a batch took: how many were marked now, how many were known already."""

    marked: int = 0
    known: int = 0


def mark_here(submission: Submission, terms: Terms) -> Result:
    """Mark one submission in this process, with the zygote that this process keeps. Never raises.

    A zygote that has died is replaced once; a submission that ends two of them gets no points and says why.
    """
    with _LOCK:
        torch.set_num_threads(1)
        reason = ""
        for _ in range(ATTEMPTS):
            try:
                if terms.tier not in _ZYGOTES:
                    _ZYGOTES[terms.tier] = start_host(terms.tier)
                return mark(submission, terms, _ZYGOTES[terms.tier])
            except Exception as error:  # one submission must never stop the others
                reason = f"{type(error).__name__}: {error}"
                _close(terms.tier)
        return not_marked(submission, terms, reason)


def not_marked(submission: Submission, terms: Terms, reason: str) -> Result:
    """The result of a submission that could not be marked: no points, and never kept."""
    return {
        "submission": submission.name,
        "digest": submission.digest,
        "key": "",
        "isolation": terms.isolation,
        "tier": terms.tier,
        "versions": {},
        "score": 0,
        "max_score": 0,
        "exercises": [],
        "problems": [f"could not be marked: {reason}"],
        "remarks": [],
    }


def _close(tier: str) -> None:
    zygote = _ZYGOTES.pop(tier, None)
    if zygote is not None:
        with contextlib.suppress(OSError):
            zygote.close()


@atexit.register
def close_all() -> None:
    """End the zygotes of this process."""
    for tier in list(_ZYGOTES):
        _close(tier)


def mark_many(
    submissions: Iterable[Submission],
    terms: Terms,
    cache: Path,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    seen: Callable[[Result], None] = lambda result: None,
) -> tuple[list[Result], Costs]:
    """Mark submissions; what ``cache`` knows under the same key is not marked again.

    Args:
        submissions: What was handed in.
        terms: What marks depend on.
        cache: A folder; each result is there as soon as it is known, so that a killed run goes on where it was.
        jobs: Processes on this machine.
        cluster: Address of a Dask scheduler in place of processes here; "local" starts one.
        seen: Called with each result.

    Returns:
        The results in the order of the submissions, and how many were marked.

    Raises:
        NoCluster: If there is something to mark and no cluster.
    """
    cache.mkdir(parents=True, exist_ok=True)
    order = list(submissions)
    results: dict[int, Result] = {}
    waiting: list[int] = []
    costs = Costs()
    for place, submission in enumerate(order):
        known = recall(cache, terms.key(submission))
        if known is None:
            waiting.append(place)
        else:
            results[place] = known
            costs.known += 1
            seen(known)
    with contextlib.closing(_marked(order, waiting, terms, jobs, cluster)) as marked:
        for place, result in marked:
            if result["key"] not in ("", terms.key(order[place])):
                result = not_marked(order[place], terms, "a machine of the cluster has another course or torch")
            results[place] = result
            costs.marked += 1
            keep(cache, result)
            seen(result)
    return [results[place] for place in range(len(order))], costs


def _marked(
    order: list[Submission], waiting: list[int], terms: Terms, jobs: int, cluster: str | None
) -> Generator[tuple[int, Result]]:
    if cluster is None and (jobs == 1 or len(waiting) <= 1):
        for place in waiting:
            yield place, mark_here(order[place], terms)
        return
    if cluster is not None:
        with _cluster(cluster, jobs) as executor:
            yield from _through(executor, order, waiting, terms)
        return
    for _ in range(ATTEMPTS):  # a process that dies breaks the whole pool: begin again with what is left
        done = set()
        try:
            with _processes(jobs) as executor:
                for place, result in _through(executor, order, waiting, terms):
                    done.add(place)
                    yield place, result
        except BrokenProcessPool:
            pass
        waiting = [place for place in waiting if place not in done]
    for place in waiting:
        yield place, not_marked(order[place], terms, "the process that marked it died twice")


def _through(
    executor: Executor, order: list[Submission], waiting: list[int], terms: Terms
) -> Iterator[tuple[int, Result]]:
    with _no_interrupts():  # this is where the processes are started
        futures = {executor.submit(mark_here, order[place], terms): place for place in waiting}
    for future in as_completed(futures):
        place = futures[future]
        try:
            result = future.result()
        except BrokenProcessPool:
            raise
        except Exception as reason:  # on a cluster a lost machine fails its own tasks, not the others
            result = not_marked(order[place], terms, f"{type(reason).__name__}: {reason}")
        yield place, result


@contextlib.contextmanager
def _processes(jobs: int) -> Iterator[Executor]:
    """Processes of this machine. What interrupts this one ends them at once; they themselves hear no Ctrl+C."""
    others = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), initializer=_stand_apart)
    with executor:
        try:
            yield executor
        except BaseException:
            for process in set(multiprocessing.active_children()) - others:
                process.kill()  # or what is still waiting would be marked first
            raise


@contextlib.contextmanager
def _no_interrupts() -> Iterator[None]:
    """Let Ctrl+C wait; a process started meanwhile does not hear it, not even while it loads."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stand_apart() -> None:
    """In a new process: a group of its own, which the terminal's Ctrl+C does not reach; then signals as everywhere.

    It ends with the process that started it, even if that one is killed and can tell nobody.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "setpgrp"):
        os.setpgrp()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # one that has waited since is dropped
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def _cluster(address: str, jobs: int) -> Iterator[Executor]:
    """An executor on Dask: only the grader's code and texts of answers travel, results come back as plain data."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise NoCluster('grade: --cluster needs Dask: pip install distributed') from None
    if address == "local":
        with LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None) as here, Client(here) as client:
            yield client.get_executor()
        return
    try:
        connected = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as reason:
        raise NoCluster(f"grade: no Dask scheduler at {address}: {reason}") from None
    with connected as client:
        yield client.get_executor()


def recall(cache: Path, key: str) -> Result | None:
    """A kept result, or None; a file that is broken counts as not there."""
    try:
        found = json.loads((cache / f"{key}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("key") == key else None


def keep(cache: Path, result: Result) -> None:
    """Keep a result, whole or not at all."""
    if not result["key"]:
        return
    write_whole(cache / f"{result['key']}.json", json.dumps(result))
