"""What every figure carries: its files and the shared ones, whole, importing nothing, in readable colours."""

import re

import pytest
from figures import MAKERS, colours

from course_attn import widgets
from course_attn.viz import style as book
from course_attn.widgets import _code
from course_attn.widgets._code import bare

PARTS = ("controls", "pictures", "photo")


@pytest.fixture(params=MAKERS)
def name(request):
    return request.param


@pytest.fixture
def state(name):
    return MAKERS[name]().get_state()


def carried(state):
    return [part for part in PARTS if bare(f"shared_{part}.js") in state["_esm"]]


def test_every_figure_has_an_example():
    assert {type(make()).__name__ for make in MAKERS.values()} == set(widgets.__all__)


@pytest.mark.parametrize(
    "file", sorted([*_code.HERE.glob("*.js"), *_code.HERE.glob("*.css")]), ids=lambda file: file.name
)
def test_only_lines_without_code_are_left_out(file):
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    kept = bare(file.name).splitlines()
    assert kept == [line for line in lines if line in kept], "in their order"
    left = [line.strip() for line in lines if line not in kept]
    assert [line for line in left if not re.fullmatch(r"//.*|/\*((?!\*/).)*\*/", line)] == []
    assert not re.search(r"^\s*(/?\*|//)", bare(file.name), re.MULTILINE), "no half of a comment"


def test_a_figure_carries_the_code_in_the_files(name, state):
    files = ["shared.js", *(f"shared_{part}.js" for part in carried(state)), f"{name}.js"]
    assert state["_esm"] == "".join(map(bare, files)), "all of it, the shared files first, nothing else"
    assert state["_css"].endswith(bare(f"{name}.css"))
    root = re.search(r'addRoot\(el, "([\w-]+)"', state["_esm"])[1]
    assert state["_css"].startswith(bare("shared.css").replace(".figure", f".{root}")), "its rules are about its root"


def test_a_figure_imports_nothing_and_asks_nobody(state):
    assert "import " not in re.sub(r"//.*|/\*.*?\*/", "", state["_esm"])
    assert not re.search(r"console\.|https?://(?!www\.w3\.org/2000/svg)", state["_esm"])
    assert not re.search(r"@import|url\(", state["_css"])


def test_no_part_is_carried_in_vain(state):
    for part in carried(state):
        rest = state["_esm"].replace(bare(f"shared_{part}.js"), "")
        given = re.findall(r"^(?:export )?function (\w+)", bare(f"shared_{part}.js"), re.MULTILINE)
        assert any(re.search(rf"\b{function}\(", rest) for function in given), part


def test_every_shared_file_belongs_to_a_figure():
    found = {part for make in MAKERS.values() for part in carried(make().get_state())}
    assert {f"shared_{part}.js" for part in found} == {file.name for file in _code.HERE.glob("shared_*.js")}


def test_shared_colours_are_readable_in_both_themes(state):
    for shades in colours(state["_css"]):
        for name, least in (("ink", 4.5), ("soft", 4.5), ("mark", 4.5), ("field", 3)):
            assert book.contrast(shades[name], shades["back"]) >= least, name
