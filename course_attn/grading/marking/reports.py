"""Results as others read them: Gradescope's results.json, JUnit XML, CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from xml.etree import ElementTree

Result = dict[str, Any]
COLUMNS = ["submission", "exercise", "score", "max_score", "status", "flags", "problem", "isolation", "digest"]


def gradescope(result: Result) -> str:
    """Gradescope's results.json: one test for each check, points shared evenly; flags for instructors only."""
    tests = []
    for exercise in result["exercises"]:
        share = exercise["points"] / len(exercise["checks"])
        for number, check in enumerate(exercise["checks"], start=1):
            passed = check["status"] == "passed"
            tests.append(
                {
                    "name": f"{exercise['name']}: {check['title']}",
                    "number": f"{exercise['name']}.{number}",
                    "score": round(share, 4) if passed else 0,
                    "max_score": round(share, 4),
                    "status": "passed" if passed else "failed",
                    "output": clean(check["message"] or ("" if passed else exercise["problem"] or "not run")),
                    "output_format": "text",
                    "visibility": "visible",
                }
            )
        if exercise["flags"]:
            lines = [f"line {flag['line']}: {flag['rule']}: {flag['evidence']}" for flag in exercise["flags"]]
            tests.append(
                {
                    "name": f"{exercise['name']}: for the teacher to read",
                    "output": clean("\n".join(lines)),
                    "output_format": "text",
                    "visibility": "hidden",
                }
            )
    whole = {
        "score": result["score"],
        "output": clean("\n".join([*result["problems"], *result["remarks"]])),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {name: result[name] for name in ("submission", "digest", "isolation", "tier", "versions")},
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def junit(results: list[Result]) -> str:
    """JUnit XML: one suite for each submission, one case for each check."""
    top = ElementTree.Element("testsuites", name="course-attn grade")
    for result in results:
        checks = [(exercise, check) for exercise in result["exercises"] for check in exercise["checks"]]
        failures = sum(check["status"] != "passed" for _, check in checks) + (not checks)
        counts = {"tests": str(max(1, len(checks))), "failures": str(failures)}
        suite = ElementTree.SubElement(top, "testsuite", counts, name=clean(result["submission"]))
        if not checks:
            case = ElementTree.SubElement(suite, "testcase", classname="submission", name="read")
            ElementTree.SubElement(case, "failure", message=clean("; ".join(result["problems"])))
        for exercise, check in checks:
            case = ElementTree.SubElement(suite, "testcase", classname=exercise["name"], name=clean(check["title"]))
            if check["status"] != "passed":
                text = clean(check["message"] or exercise["problem"] or "not run")
                ElementTree.SubElement(case, "failure", message=text.partition("\n")[0]).text = text
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def table(results: list[Result]) -> str:
    """CSV: a row for each submission and exercise."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for result in results:
        for exercise in result["exercises"]:
            rules = " ".join(sorted({flag["rule"].replace(" ", "-") for flag in exercise["flags"]}))
            row = [result["submission"], exercise["name"], exercise["score"], exercise["points"], exercise["status"]]
            row += [rules, exercise["problem"], result["tier"], result["digest"]]
            writer.writerow([cell(value) for value in row])
        if result["problems"]:
            row = [result["submission"], "", 0, 0, "problem", "", "; ".join(result["problems"])]
            writer.writerow([cell(value) for value in [*row, result["tier"], result["digest"]]])
    return text.getvalue()


def cell(value: Any) -> Any:
    """A spreadsheet must not take text from a submission for a formula."""
    if not isinstance(value, str):
        return value
    text = clean(value).replace("\n", " ")
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def clean(text: str) -> str:
    """Without control characters, which XML forbids and terminals obey."""
    return "".join(letter for letter in text if letter == "\n" or letter.isprintable())
