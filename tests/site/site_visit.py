"""One visit to a page: what it asked for, what it said, and what axe finds in both themes at two widths."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page
from site_server import Server

# What a browser needs in a container, and what keeps it from talking to others.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

THEMES = ("light", "dark")
WIDTHS = (1280, 390)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# Nodes in order are counted but not described: that takes axe most of its time.
VIOLATIONS = "async rules => (await axe.run({ runOnly: rules, resultTypes: ['violations'] })).violations"
SET_THEME = "theme => { for (const name of ['theme', 'mode']) document.documentElement.dataset[name] = theme }"
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60))))"
MATHS_DONE = "async () => { await window.MathJax?.startup?.promise; await document.fonts.ready }"
WIDTH_USED = "() => document.documentElement.scrollWidth"
TOO_WIDE = """() => {
  const clipped = e => { for (let a = e.parentElement; a; a = a.parentElement)
    if (getComputedStyle(a).overflowX !== 'visible') return true; return false };
  const wide = [...document.querySelectorAll('article *, header *, footer *')].filter(
    e => e.getBoundingClientRect().right > innerWidth + 1 && e.getBoundingClientRect().width > 0 && !clipped(e));
  const name = e => `${e.tagName.toLowerCase()}.${e.className}: ${e.textContent.trim().slice(0, 60)}`;
  return wide.length ? name(wide.at(-1)) : '?';
}"""


@dataclass
class Visit:
    """What was seen on one page; a good page leaves all but ``asked`` empty."""

    asked: set[str] = field(default_factory=set)  # addresses inside the site
    outside: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)  # console errors and warnings, uncaught errors
    violations: list[str] = field(default_factory=list)
    sideways: list[str] = field(default_factory=list)


def visit_page(browser: Browser, server: Server, address: str, axe: str) -> Visit:
    """Open a page, let it come to rest, and look at it in each theme and width."""
    seen = Visit()
    # Without motion: axe must not see a colour half-way between two themes.
    page = browser.new_page(viewport={"width": WIDTHS[0], "height": 900}, reduced_motion="reduce")
    watch(page, server, seen)
    page.goto(server.base + address, wait_until="networkidle")
    page.evaluate(MATHS_DONE)
    page.wait_for_load_state("networkidle")
    page.evaluate(axe)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(TWO_FRAMES)
        used = page.evaluate(WIDTH_USED)
        if used > width:
            seen.sideways.append(f"{used} px are used of {width}, by {page.evaluate(TOO_WIDE)}")
        for theme in THEMES:
            page.evaluate(SET_THEME, theme)
            page.evaluate(TWO_FRAMES)
            for found in page.evaluate(VIOLATIONS, RULES):
                node = found["nodes"][0]
                seen.violations.append(
                    f"{theme}, {width} px: {found['id']} ({found['impact']}, {len(found['nodes'])} places): "
                    f"{node['html'][:200]} {node['failureSummary'].splitlines()[1].strip()}"
                )
    page.close()
    return seen


def watch(page: Page, server: Server, seen: Visit) -> None:
    """Write down what the page asks for and complains about."""

    def on_request(url: str) -> None:
        if url.startswith(("data:", "blob:")):
            return
        address = server.address(url)
        if address is None:
            seen.outside.append(url)
        else:
            seen.asked.add(address)

    page.on("request", lambda request: on_request(request.url))
    page.on("requestfailed", lambda request: seen.failed.append(f"{request.url}: {request.failure}"))
    page.on("response", lambda r: seen.failed.append(f"{r.url}: {r.status}") if r.status >= 400 else None)
    page.on("console", lambda m: seen.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda problem: seen.complaints.append(str(problem)))


def drag_finger(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag one finger from ``start`` to ``end``, as the browser itself would report it."""
    session = page.context.new_cdp_session(page)
    for step in range(9):
        x, y = (a + (b - a) * step / 8 for a, b in zip(start, end, strict=True))
        kind = "touchMove" if step else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
