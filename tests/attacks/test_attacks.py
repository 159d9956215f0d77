"""Every attack gets no points in the tiers that give marks, and leaves no trace outside its worker.

What succeeds in the tiers that give none is played in a container and compared with the stored result.
"""

import os
import socket
import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from attacks import ATTACKS, BUILT_INS
from play import GROWTH, NAMES, forget, own

from benchmarks import attacks as in_tiers
from course_attn.grading.marking.marks import Terms, mark
from course_attn.grading.marking.submissions import Submission
from course_attn.grading.sandbox import isolation
from course_attn.grading.sandbox.remote import Zygote

ROOT = Path(__file__).parents[2]
QUICK = {"01_patch_torch_and_checks", "05_hunt_reference_in_memory", "06_import_reference", "07_read_solution",
         "14_run_a_program", "16_forged_frame", "19_tensor_equal_to_all", "22_network",
         "30_forged_verdict", "31_fill_the_grader_with_lists", "32_fill_the_grader_with_tensors"}  # fmt: skip


@pytest.fixture(scope="module", params=["A", "B"])
def zygote(request):
    if not isolation.can(request.param):
        pytest.skip(f"this machine cannot give tier {request.param}")
    zygote = Zygote(request.param)
    yield zygote
    zygote.close()


@pytest.fixture(scope="module")
def listener():
    """A server on the loopback that counts its callers."""
    server, calls = socket.create_server(("127.0.0.1", 0)), []

    def listen():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            calls.append(1)
            connection.close()

    thread = threading.Thread(target=listen)
    thread.start()
    yield server.getsockname()[1], calls
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def result_of(zygote, exercise, source, deadline=2.0):
    terms = Terms((exercise,), zygote.tier, zygote.tier, "a secret", deadline)
    submission = Submission("attack", {exercise: (f"{exercise}.py", source)})
    return mark(submission, terms, zygote)


def attacked(zygote, listener, name, folder):
    """Run an attack; it must get nothing, and change nothing here."""
    folder.chmod(0o777)
    for above in folder.parents:
        if above.stat().st_uid == os.getuid() and "pytest" in above.name:
            above.chmod(0o755)
    canary = folder / "canary"
    canary.write_text("alive")
    canary.chmod(0o666)
    paths = ", ".join(repr(str(path)) for path in (ROOT / "solutions", ROOT, *map(Path, sys.path)) if str(path) != ".")
    source = ATTACKS[name].replace("{marker}", str(folder)).replace("{port}", str(listener[0]))
    forget()
    before = own("VmRSS")
    result = result_of(zygote, "scaled_dot_scores", source.replace("{paths}", paths))
    assert own("VmHWM") - before < GROWTH, "the grader itself must not grow"
    assert result["score"] == 0, result
    assert [check["status"] for check in result["exercises"][0]["checks"] if check["status"] == "passed"] == []
    assert canary.read_text() == "alive"
    assert [path.name for path in folder.iterdir()] == ["canary"]
    assert listener[1] == []
    right = (ROOT / "solutions" / "ch01_attention" / "scaled_dot_scores.py").read_text()
    assert result_of(zygote, "scaled_dot_scores", right, 20.0)["score"] == 2, "the next submission must not suffer"


@pytest.mark.parametrize("name", sorted(QUICK))
def test_attack(zygote, listener, tmp_path, name):
    attacked(zygote, listener, name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(ATTACKS) - QUICK))
def test_attack_that_takes_long(zygote, listener, tmp_path, name):
    attacked(zygote, listener, name, tmp_path)


def test_there_are_enough():
    assert len(ATTACKS) >= 20
    assert set(ATTACKS) >= QUICK
    for source in ATTACKS.values():
        compile(source, "attack", "exec")


@pytest.mark.parametrize("name", BUILT_INS)
def test_built_in_attention_keeps_its_points_and_is_flagged(zygote, name):
    result = result_of(zygote, "soft_lookup", BUILT_INS[name], 20.0)["exercises"][0]
    assert result["score"] > 0
    evidence = [flag["evidence"] for flag in result["flags"] if flag["rule"] == "built-in attention"]
    assert "called scaled_dot_product_attention when it ran" in evidence
    if "under_cover" in name:
        assert not any("functional" in text for text in evidence), "the text alone does not say so"


def test_right_answers_pass_in_the_same_sandbox(zygote):
    for path in sorted((ROOT / "solutions").glob("ch*/*.py")):
        result = result_of(zygote, path.stem, path.read_text(), 20.0)
        assert result["score"] == result["max_score"], result
        assert result["exercises"][0]["flags"] == []


needs_container = pytest.mark.skipif(not isolation.can("A"), reason="no user namespaces: no container for attacks")


BY_CHANCE = {  # filled before the deadline on a quick machine, not on a slow one
    "11_memory": "memory",
    "23_flood_output": "memory",
}


def got(found):
    return {name: [what for what in each["got"] if what != BY_CHANCE.get(name)] for name, each in found.items()}


def test_the_page_shows_what_is_stored_for_every_attack():
    text = in_tiers.PAGE.read_text(encoding="utf-8")
    assert in_tiers.page(text) == text, "run python -m benchmarks.attacks --table"
    assert [list(found) for found in in_tiers.stored()["tiers"].values()] == [NAMES] * 4


def test_what_is_stored_of_the_tiers_that_give_marks():
    tiers = in_tiers.stored()["tiers"]
    assert list(tiers) == list(in_tiers.TIERS) == list(isolation.TIERS)
    for tier in isolation.MARKS:
        assert {name for name, each in tiers[tier].items() if each["got"]} == set(BUILT_INS)
    for found in tiers.values():
        assert all("built-in attention" in found[name]["flags"] for name in BUILT_INS)
    for tier in set(tiers) - set(isolation.MARKS):
        assert {"07_read_solution", "22_network"} <= {name for name, each in tiers[tier].items() if each["got"]}


@needs_container
def test_a_container_is_asked_for(capfd):
    with pytest.raises(SystemExit, match="must be played in a container"):
        __import__("play").main("C", "folder", "22_network")


@needs_container
@pytest.mark.slow
@pytest.mark.parametrize("tier", ["C", "D"])
def test_all_that_gets_through_without_isolation(tier):
    assert got(in_tiers.play(tier, NAMES)) == got(in_tiers.stored()["tiers"][tier])
