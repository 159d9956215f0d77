// A reader without a mouse can scroll what is wider than the page: it becomes a stop of the Tab key, with a name.
(() => {
  "use strict";
  const WIDE = [
    ["mjx-container", "Wide formula"],
    [".pst-scrollable-table-container, .cell_output .text_html", "Wide table"],
    [".figure-card", "Wide figure"],
    ["pre", "Wide code"],
  ];

  function mark() {
    for (const [selector, name] of WIDE) {
      for (const box of document.querySelectorAll(selector)) {
        if (box.scrollWidth > box.clientWidth + 1) {
          box.tabIndex = 0;
          if (!box.hasAttribute("role")) {
            box.setAttribute("role", "group");
            box.setAttribute("aria-label", name);
          }
        } else if (box.getAttribute("role") === "group" && box.getAttribute("aria-label") === name) {
          for (const attribute of ["tabindex", "role", "aria-label"]) box.removeAttribute(attribute);
        }
      }
    }
  }

  let waiting = 0;
  function soon() {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(mark);
  }

  function start() {
    new ResizeObserver(soon).observe(document.body);  // window, fonts, folded cells: whatever changes the layout
    window.MathJax?.startup?.promise?.then(soon);
    soon();
  }
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
})();
