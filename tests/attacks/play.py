"""Plays attacks against one tier and tells, a JSON line for each, what they got and what they did.

    python play.py TIER FOLDER NAME...

Tiers C and D do not hold an attack back: they are played only inside a container that `benchmarks/attacks.py` makes,
and this program refuses to play them elsewhere.
"""

import json
import os
import resource
import shutil
import socket
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE)]
from attacks import ATTACKS, BUILT_INS  # noqa: E402

from course_attn.grading.marking import batch  # noqa: E402
from course_attn.grading.marking.marks import Terms  # noqa: E402
from course_attn.grading.marking.submissions import Submission  # noqa: E402

MUCH, TORCH = 2**30, 2**29  # bytes: what an answer is allowed in the other tiers, and what torch takes
GROWTH = 2**29  # bytes by which the grader itself may grow: some copies of the largest frame
NAMES = [*sorted(ATTACKS), *BUILT_INS]


def contained():
    """Whether nothing here can reach the machine: the first process is the container's own."""
    return Path("/proc/1/comm").read_text().strip() == "bwrap"


def marked(tier, exercise, text, deadline):
    """Points for a text, as the grader gives them."""
    terms = Terms((exercise,), tier, tier, "a secret", deadline)
    result = batch.mark_here(Submission("attack", {exercise: (f"{exercise}.py", text)}), terms)
    return result["score"], result


def processes():
    """Numbers of the processes here."""
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}


def largest():
    """Bytes of the largest process that has ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def own(which):
    """Bytes of this process, the grader: now ("VmRSS"), or at most since `forget` ("VmHWM")."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(which)) * 1024


def forget():
    """Count the most that this process takes from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def listen(calls):
    """A server on the loopback that counts its callers; returns it."""
    server = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            try:
                server.accept()[0].close()
            except OSError:
                return
            calls.append(1)

    threading.Thread(target=accept, daemon=True).start()
    return server


def play(tier, name, folder):
    """What one attack got and did."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    canary, calls = folder / "canary", []
    canary.write_text("alive")
    canary.chmod(0o666)
    server = listen(calls)
    os.chdir(folder)
    right = (ROOT / "solutions" / "ch01_attention" / "scaled_dot_scores.py").read_text()
    marked(tier, "scaled_dot_scores", right, 20.0)  # the tier's host is there before the attack
    before, most = processes(), largest()
    forget()
    mine = own("VmRSS")
    exercise = "soft_lookup" if name in BUILT_INS else "scaled_dot_scores"
    paths = ", ".join(repr(path) for path in (str(ROOT / "solutions"), str(ROOT), *sys.path) if path)
    text = (BUILT_INS | ATTACKS)[name].replace("{paths}", paths)
    text = text.replace("{marker}", str(folder)).replace("{port}", str(server.getsockname()[1]))
    points, result = marked(tier, exercise, text, 20.0 if name in BUILT_INS else 2.0)
    found = ["points"] if points else []
    time.sleep(0.3)
    if not canary.exists() or canary.read_text() != "alive" or len(list(folder.iterdir())) > 1:
        found.append("files")
    found += ["network"] if calls else []
    if contained() and processes() - before - {os.getpid()}:
        found.append("processes")
    if tier == "D" and largest() > max(most, MUCH + TORCH):
        found.append("memory")
    grown = own("VmHWM") - mine
    found += ["the grader's memory"] if grown > GROWTH else []
    found += [] if marked(tier, "scaled_dot_scores", right, 20.0)[0] == 2 else ["the next answer"]
    server.close()
    flags = sorted({flag["rule"] for flag in result["exercises"][0]["flags"]}) if result["exercises"] else []
    about = {"attack": name, "points": points, "of": result["max_score"], "got": found, "flags": flags}
    return about | {"grader_grew_mb": max(0, grown) >> 20}


def main(tier, folder, *names):
    """Play the attacks, telling before each that it begins."""
    if tier in "CD" and not contained():
        raise SystemExit("play: tiers C and D must be played in a container: python -m benchmarks.attacks")
    for name in names:
        print(json.dumps({"begins": name}), flush=True)
        print(json.dumps(play(tier, name, Path(folder) / name)), flush=True)
    batch.close_all()


if __name__ == "__main__":
    main(*sys.argv[1:])
