"""What the sources must not say, since it works on a CPU alone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = sorted((ROOT / "course_attn").rglob("*.py"))
# The checks of exercises run inside of `torch.device("cpu")`.
DRAWING = [path for path in PACKAGE if "checks" not in path.parts]
CHAPTERS = sorted(path for path in (ROOT / "book").glob("*.md") if "```{code-cell}" in path.read_text(encoding="utf-8"))


def without_cpu(text):
    """Lines that go to NumPy and do not bring the tensor to the CPU first."""
    there = re.compile(r"\.numpy\(\)")
    here = re.compile(r"\.cpu\(\)|\.to\((?:device=)?[\"']cpu[\"']")
    return [line.strip() for line in text.splitlines() if there.search(line) and not here.search(line)]


def without_device(source):
    """Calls that draw with a generator and do not say on which device: torch's default may be another than its own."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [(node, {keyword.arg for keyword in node.keywords}) for node in calls]
    draws = [(node, names) for node, names in named if "generator" in names and _is_torchs(node.func)]
    return [ast.unparse(node) for node, names in draws if "device" not in names]


def _is_torchs(function):
    """`torch.randn` and its siblings, which make a tensor; `x.normal_` fills one that is there."""
    makes = ("rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial")
    return isinstance(function, ast.Attribute) and function.attr in makes and ast.unparse(function.value) == "torch"


def test_the_two_searches_find_what_they_are_for():
    assert without_cpu("ax.imshow(picture.detach().numpy())") == ["ax.imshow(picture.detach().numpy())"]
    assert not without_cpu("a = x.detach().cpu().numpy()\nb = x.to(device='cpu', dtype=y).numpy()")
    drawn = "torch.randn(2, 3, generator=g)"
    assert without_device(f"x = {drawn}.to(y)") == [drawn]
    assert not without_device("torch.randn(2, generator=g, device=g.device)\nx.normal_(generator=g)\ntorch.rand(3)")


def test_tensors_come_to_the_cpu_before_numpy():
    assert CHAPTERS
    assert not {path.name: found for path in [*PACKAGE, *CHAPTERS] if (found := without_cpu(path.read_text("utf-8")))}


def test_a_draw_says_on_which_device():
    assert not {path.name: found for path in DRAWING if (found := without_device(path.read_text("utf-8")))}
