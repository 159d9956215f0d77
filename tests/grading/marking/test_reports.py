"""The views of a result, and that text from a submission can do no harm in them."""

import csv
import io
import json
from xml.etree import ElementTree

from course_attn.grading.marking import reports

RESULT = {
    "submission": "=ann",
    "digest": "d",
    "isolation": "A (words)",
    "tier": "A",
    "versions": {"torch": "2"},
    "score": 1.5,
    "max_score": 3,
    "exercises": [
        {
            "name": "masked_softmax",
            "title": "Softmax",
            "points": 3,
            "score": 1.5,
            "status": "marked",
            "problem": "",
            "checks": [
                {"title": "First", "status": "passed", "message": ""},
                {"title": "Second", "status": "failed", "message": "bad \x1b[2J ]]> <x>\nline"},
            ],
            "flags": [{"line": 4, "rule": "import", "evidence": "import os"}],
        }
    ],
    "problems": ["@cmd could not be read"],
    "remarks": [],
}
EMPTY = RESULT | {"exercises": [], "submission": "bob", "score": 0}


def test_gradescope():
    found = json.loads(reports.gradescope(RESULT))
    assert found["score"] == 1.5
    first, second, flags = found["tests"]
    assert (first["status"], first["score"], first["max_score"]) == ("passed", 1.5, 1.5)
    assert (second["status"], second["score"]) == ("failed", 0)
    assert "\x1b" not in second["output"]
    assert flags["visibility"] == "hidden"
    assert flags["output"] == "line 4: import: import os"
    assert "max_score" not in flags
    assert found["extra_data"]["tier"] == "A"


def test_junit():
    suites = ElementTree.fromstring(reports.junit([RESULT, EMPTY]))
    first, second = suites
    assert first.attrib == {"name": "=ann", "tests": "2", "failures": "1"}
    assert first[1][0].text == "bad [2J ]]> <x>\nline"
    assert second[0][0].attrib["message"] == "@cmd could not be read"


def test_csv():
    rows = list(csv.DictReader(io.StringIO(reports.table([RESULT]))))
    assert rows[0]["submission"] == "'=ann"
    assert (rows[0]["score"], rows[0]["flags"], rows[0]["isolation"]) == ("1.5", "import", "A")
    assert rows[1]["problem"] == "'@cmd could not be read"
