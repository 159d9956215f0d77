"""The fields of results.json as Gradescope documents them, and a check that a result keeps to them."""

TEXT, NUMBER = (str,), (int, float)
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}
TOP = {
    "score": NUMBER,
    "execution_time": NUMBER,
    "output": TEXT,
    "output_format": FORMATS,
    "test_output_format": FORMATS,
    "test_name_format": FORMATS,
    "visibility": VISIBILITY,
    "stdout_visibility": VISIBILITY,
    "extra_data": (dict,),
    "tests": (list,),
    "leaderboard": (list,),
}
TEST = {
    "score": NUMBER,
    "max_score": NUMBER,
    "status": {"passed", "failed"},
    "name": TEXT,
    "name_format": FORMATS,
    "number": TEXT,
    "output": TEXT,
    "output_format": FORMATS,
    "tags": (list,),
    "visibility": VISIBILITY,
    "extra_data": (dict,),
}


def problems(result):
    """Everything in a result that Gradescope does not document."""
    found = _wrong(result, TOP, "result")
    tests = result.get("tests", [])
    for place, test in enumerate(tests):
        found += _wrong(test, TEST, f"test {place}")
    if "score" not in result and not any("score" in test for test in tests):
        found.append("a score must stand at the top or in a test")
    return found


def _wrong(thing, fields, where):
    found = [f"{where}: {name} is no field" for name in thing if name not in fields]
    for name, wanted in fields.items():
        value = thing.get(name)
        if name in thing and not (value in wanted if isinstance(wanted, set) else type(value) in wanted):
            found.append(f"{where}: {name} is {value!r}")
    return found
