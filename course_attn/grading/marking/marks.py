"""Points for one submission. A check counts only when this process itself saw it pass."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from course_attn import _checks
from course_attn._version import __version__
from course_attn.grading import catalogue, runner
from course_attn.grading.catalogue import Exercise
from course_attn.grading.explain import AnswerError, NotAttempted
from course_attn.grading.marking import policy
from course_attn.grading.marking.submissions import Submission
from course_attn.grading.sandbox.remote import RemoteStudent, WorkerLost, Zygote
from course_attn.grading.seeds import salted

PACKAGE = Path(_checks.__file__).parent
WHEN_RUN = {  # what a worker notes → the rule, and its evidence
    "refused": ("reference", "asked for {} when it ran"),
    "attended": ("built-in attention", "called {} when it ran"),
}
MAX_LOST = 2  # after so many lost workers the rest of an exercise is not tried


@dataclass(frozen=True)
class Terms:
    """What marks depend on besides the submission.

    Args:
        exercises: The exercises that count.
        tier: The isolation.
        isolation: The same in words.
        secret: The course's secret: the seeds of the checks come from it.
        deadline: Seconds a call may take.
    """

    exercises: tuple[str, ...]
    tier: str
    isolation: str
    secret: str
    deadline: float = 5.0

    @property
    def digest(self) -> str:
        """A hash of the terms, of the course's own files and of the versions."""
        return _digest(self)

    def key(self, submission: Submission) -> str:
        """The name under which a result is kept: same key, same result."""
        return hashlib.sha256(f"{self.digest}{submission.name}\0{submission.digest}".encode()).hexdigest()


@cache
def _digest(terms: Terms) -> str:
    parts = [repr(asdict(terms)), course_digest(PACKAGE), __version__, torch.__version__]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def course_digest(package: Path) -> str:
    """A hash of all that can change a mark: checks, points, references, the grader itself."""
    files = [path for path in sorted(package.rglob("*")) if path.suffix in (".py", ".toml", ".txt")]
    texts = [f"{path.relative_to(package).as_posix()}\0{path.read_text(encoding='utf-8')}" for path in files]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def mark(submission: Submission, terms: Terms, zygote: Zygote) -> dict[str, Any]:
    """The result of one submission, as plain data; the same whenever and wherever it is made."""
    results = [mark_exercise(catalogue.find(name), submission, terms, zygote) for name in terms.exercises]
    problems = [text for name, text in sorted(submission.problems.items()) if name not in terms.exercises]
    return {
        "submission": submission.name,
        "digest": submission.digest,
        "key": terms.key(submission),
        "isolation": terms.isolation,
        "tier": terms.tier,
        "versions": {"course_attn": __version__, "torch": torch.__version__},
        "score": round(sum(result["score"] for result in results), 2),
        "max_score": sum(result["points"] for result in results),
        "exercises": results,
        "problems": problems,
        "remarks": submission.remarks,
    }


def mark_exercise(exercise: Exercise, submission: Submission, terms: Terms, zygote: Zygote) -> dict[str, Any]:
    """Points, outcomes and flags of one exercise; each check is worth the same."""
    file, text = submission.answers.get(exercise.name, ("", ""))
    outcomes = [runner.Outcome(runner.title_of(check)) for check in runner.checks_of(exercise)]
    problem = submission.problems.get(exercise.name, "" if text else "not handed in")
    status = "problem" if exercise.name in submission.problems else "missing" if not text else "marked"
    flags = policy.flags(text, exercise.imports) if text else []
    noted: set[tuple[str, str]] = set()
    if not problem:
        identity = f"{exercise.name}\0{text}".encode("utf-8", "surrogatepass")
        with salted(hmac.new(terms.secret.encode(), identity, "sha256").hexdigest()):
            problem, status = _run(exercise, text, file, terms, zygote, outcomes, noted)
    flags += [policy.Flag(0, WHEN_RUN[what][0], WHEN_RUN[what][1].format(name)) for what, name in sorted(noted)]
    passed = sum(outcome.status == "passed" for outcome in outcomes)
    return {
        "name": exercise.name,
        "title": exercise.title,
        "points": exercise.points,
        "score": round(exercise.points * passed / len(outcomes), 2),
        "status": status,
        "problem": problem,
        "checks": [asdict(outcome) for outcome in outcomes],
        "flags": [asdict(flag) for flag in sorted(flags)],
    }


def _run(
    exercise: Exercise,
    text: str,
    file: str,
    terms: Terms,
    zygote: Zygote,
    outcomes: list[runner.Outcome],
    noted: set[tuple[str, str]],
) -> tuple[str, str]:
    """Run the checks, filling ``outcomes``. Returns a problem with the whole answer, if any, and its status."""
    about = (exercise.name, exercise.parameters, terms.deadline, exercise.imports, noted)
    try:
        student = RemoteStudent(zygote, text, file, *about)
    except NotAttempted:
        return "not attempted", "missing"
    except AnswerError as reason:
        return str(reason), "unusable"
    try:
        for place, check in enumerate(runner.checks_of(exercise)):
            if student.lost >= MAX_LOST:
                outcomes[place].message = f"not run: {MAX_LOST} calls before were given up"
                continue
            try:
                outcomes[place] = runner.run_one(check, student)  # type: ignore[arg-type]
            except NotAttempted as reason:
                outcomes[place].status, outcomes[place].message = "failed", f"this part is not written: {reason}"
                if place == 0:
                    return "not attempted", "missing"
    except WorkerLost as reason:
        return str(reason), "unusable"
    finally:
        student.close()
    return "", "marked"
