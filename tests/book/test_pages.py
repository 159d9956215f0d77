"""Facts on the hand-written pages that would otherwise drift: commands, paths, versions, addresses."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import course_attn
from course_attn import cli

ROOT = Path(__file__).resolve().parents[2]
BOOK_PAGES = ["intro", "notation", "glossary", "instructors", "status"]
GUIDES = ["README.md", "CONTRIBUTING.md", *(f"book/{name}.md" for name in BOOK_PAGES)]


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def code_of(path: str) -> str:
    """Everything a page sets as code: fenced blocks and single backticks."""
    text = text_of(path)
    fences = re.findall(r"^```[^\n]*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```[^\n]*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*fences, *re.findall(r"`([^`\n]+)`", rest)])


def table_rows(text: str) -> list[list[str]]:
    """Cells of every body row of the Markdown tables in ``text``."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    headers = {number for number, row in enumerate(rows[1:]) if set(row) <= set("|-: ")}
    body = [row for number, row in enumerate(rows) if number not in headers and number - 1 not in headers]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in body]


@pytest.mark.parametrize("page", GUIDES)
def test_make_targets_exist(page):
    targets = set(re.findall(r"^([a-z][\w-]*):", text_of("Makefile"), flags=re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z][\w-]*)", code_of(page)))
    assert named <= targets, f"{page} names targets that the Makefile lacks: {sorted(named - targets)}"


def test_readme_names_the_commands_of_the_course():
    named = set(re.findall(r"\bmake ([a-z]+)", code_of("README.md")))
    assert {"book", "test", "serve"} <= named


@pytest.mark.parametrize("page", GUIDES)
def test_modules_run_with_python_m_exist(page):
    for module in re.findall(r"python3? -m (tools\.\w+)", code_of(page)):
        assert importlib.util.find_spec(module), f"{page}: there is no module {module}"


@pytest.mark.parametrize("page", GUIDES)
def test_subcommands_exist(page):
    known = {command.name or command.callback.__name__ for command in cli.app.registered_commands}
    named = set(re.findall(r"course-attn ([a-z]+)", code_of(page)))
    assert named <= known, f"{page} names commands that course-attn lacks: {sorted(named - known)}"


def test_contributing_table_names_paths_that_exist():
    section = text_of("CONTRIBUTING.md").split("## I want to …")[1].split("\n## ")[0]
    rows = table_rows(section)
    assert len(rows) >= 10
    for want, edit, test in rows:
        words = " ".join(re.findall(r"`([^`]+)`", f"{edit} {test}")).split()
        paths = [word for word in words if "/" in word or Path(word).suffix in {".py", ".md", ".toml", ".txt", ".yml"}]
        assert paths, f"no path in the row '{want}'"
        for path in paths:
            assert (ROOT / path).exists(), f"row '{want}': {path} does not exist"


def test_readme_shows_what_the_command_prints(tmp_path):
    readme = text_of("README.md")
    solution = text_of("solutions/ch01_attention/scaled_dot_scores.py")
    stub = text_of("exercises/ch01_attention/scaled_dot_scores.py")
    first_try = stub.replace("raise NotImplementedError", "return query @ key.transpose(-2, -1)")
    for answer in (stub, first_try, solution):
        file = tmp_path / "scaled_dot_scores.py"
        file.write_text(answer, encoding="utf-8")
        said = CliRunner().invoke(cli.app, ["check", "scaled_dot_scores", str(file)]).output
        assert said.strip() in readme
    hint = CliRunner().invoke(cli.app, ["hint", "scaled_dot_scores"]).output
    assert hint.strip() in readme


def test_citation_has_the_version_of_the_package():
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert citation["version"] == course_attn.__version__
    assert f"## [{course_attn.__version__}]" in text_of("CHANGELOG.md")


@pytest.mark.parametrize("page", [*GUIDES, "CITATION.cff"])
def test_the_address_is_that_of_the_configuration(page):
    address = yaml.safe_load(text_of("_config.yml"))["repository"]["url"]
    for found in re.findall(r"https://github\.com/[\w-]+/[\w-]+", text_of(page)):
        assert found == address, f"{page} names {found}, _config.yml names {address}"


@pytest.mark.parametrize("name", BOOK_PAGES)
def test_every_page_has_a_description(name):
    header = yaml.safe_load(text_of(f"book/{name}.md").split("---")[1])
    assert 70 <= len(header["myst"]["html_meta"]["description"]) <= 160


def test_the_map_says_which_chapters_are_here():
    toc = text_of("book/_toc.yml")
    built = set(re.findall(r"file: ([\w/]+\.ipynb)", toc))
    rows = [row for row in table_rows(text_of("book/intro.md")) if row[0].isdigit()]
    here = {link for row in rows if row[3] == "here" for link in re.findall(r"\((\S+\.ipynb)\)", row[1])}
    assert [row[0] for row in rows] == [str(number) for number in range(1, 9)]
    assert here == built
    assert all(row[3] in {"here", "planned"} and ("](" in row[1]) == (row[3] == "here") for row in rows)


def test_import_rules_name_every_module_of_the_core():
    section = text_of("CONTRIBUTING.md").split("**Who imports whom.**")[1].split("**Names and shapes.**")[0]
    order = re.search(r"```text\n(.*?)```", section, flags=re.DOTALL).group(1)
    listed = {name for name in re.split(r" {2,}|\n", order.strip()) if not name.startswith("chapter")}
    outside = set(re.findall(r"`(\w+)`", section.split("```")[2]))
    entries = (ROOT / "course_attn").iterdir()
    package = {path.stem for path in entries if path.suffix == ".py" or (path / "__init__.py").exists()}
    unnamed = package - listed - outside - {"__init__", "__main__", "_version"}
    assert not unnamed, f"CONTRIBUTING does not say who may import {sorted(unnamed)}"


CHAPTERS = sorted(
    path.name for path in (ROOT / "book").glob("*.md") if "\n% setup\n" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_computes_with_one_thread_from_its_first_cell_on(page):
    """On a busy machine threads that wait for each other made one cell take 177 s instead of 7.5 s."""
    first = re.search(r"^```\{code-cell\}.*?^```", text_of(f"book/{page}"), flags=re.MULTILINE | re.DOTALL)[0]
    assert "import torch\n" in first
    assert "torch.set_num_threads(1)  # small tensors: more threads would only wait for each other\n" in first


EXERCISES = {path.name[5:]: path for path in (ROOT / "course_attn/grading/checks").glob("ch??_*")}


@pytest.mark.parametrize("chapter", sorted(EXERCISES))
def test_a_chapter_says_how_long_its_exercises_take(chapter):
    tasks = [tomllib.loads(path.read_text(encoding="utf-8")) for path in EXERCISES[chapter].glob("*.toml")]
    total = sum(task["minutes"] for task in tasks)
    opening = " ".join(text_of(f"book/{chapter}.md").split("% setup")[0].split())
    said = re.search(r"the exercises about (two hours|\d+) more", opening)
    assert said, f"book/{chapter}.md does not say how long its exercises take"
    minutes = 120 if said[1] == "two hours" else int(said[1])
    assert abs(minutes - total) <= (5 if said[1] == "two hours" else 0), f"they take {total} minutes"
