"""Stored results come with the package: from an unpacked wheel's folder as from the checkout, by name."""

import json
import re
from pathlib import Path

import pytest

import course_attn
from course_attn.results import names, stored

PACKAGE = Path(course_attn.__file__).parent


def test_a_result_is_what_its_file_holds():
    result = stored("attention_cost")
    assert result == json.loads((PACKAGE / "results" / "attention_cost.json").read_text(encoding="utf-8"))
    assert result["lengths"]


def test_names_are_those_of_the_files():
    assert names() == sorted(path.stem for path in (PACKAGE / "results").glob("*.json"))
    assert len(names()) > 20


def test_each_call_reads_anew():
    stored("attention_cost").clear()
    assert stored("attention_cost")


@pytest.mark.parametrize("name", ["attention", "attention_cost.json", "../_version", "", None])
def test_another_name_is_refused(name):
    message = f"stored: name must be one of 'attacks', 'attention_cost', .*, got {re.escape(type(name).__name__)}"
    with pytest.raises(ValueError, match=message):
        stored(name)
