// ---- sliders and pointers, shared ----

/** A labelled slider: its words, to be filled, and its input. `act` gets the number while the slider moves. */
function addSlider(parent, model, attributes, act) {
  const label = add(parent, "label", { class: "control" });
  const words = add(label, "span");
  const input = add(label, "input", { type: "range", ...attributes });
  input.addEventListener("input", () => act(Number(input.value)));
  input.addEventListener("change", () => model.save_changes());
  return [words, input];
}

// A click or tap in the picture chooses; a mouse may drag. A finger's drag stays the page's scrolling.
// `follow(across, down)` gets the place in the picture as shares of its width and height.
function choosing(svg, model, words, follow, mayDrag = (event) => event.pointerType === "mouse") {
  let dragging = false;
  svg.classList.add("choosing");
  const at = ({ clientX, clientY }) => {
    const box = svg.getBoundingClientRect();
    follow((clientX - box.left) / box.width, (clientY - box.top) / box.height);
  };
  svg.addEventListener("pointerdown", (event) => {
    if (!mayDrag(event)) return;
    event.preventDefault();
    dragging = true;
    words.setAttribute("aria-busy", "true"); // a screen reader hears the sentence once, at the end
    svg.setPointerCapture(event.pointerId);
    at(event);
  });
  svg.addEventListener("pointermove", (event) => dragging && at(event));
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, () => {
      if (!dragging) return;
      dragging = false;
      words.removeAttribute("aria-busy");
      model.save_changes();
    });
  }
  svg.addEventListener("click", (event) => {
    at(event);
    model.save_changes();
  });
}
