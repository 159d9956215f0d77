"""The process in reserve, spoken to by hand."""

import json
import subprocess
import sys

from course_attn.grading import catalogue

COMMAND = [sys.executable, "-m", "course_attn.learner.reserve"]


def test_one_request_one_reply(folder, tmp_path):
    folder.solve("soft_lookup")
    request = {
        "name": "soft_lookup",
        "path": str(folder.path(catalogue.find("soft_lookup"))),
        "verbose": False,
        "trace": str(tmp_path / "trace.txt"),
        "trace_after": 60,
    }
    done = subprocess.run(COMMAND, input=json.dumps(request) + "\n", capture_output=True, text=True, check=True)
    ready, reply = done.stdout.splitlines()
    assert ready == "ready"
    assert json.loads(reply)["status"] == "passed"


def test_ends_when_nobody_asks():
    done = subprocess.run(COMMAND, input="", capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("ready\n", "")
