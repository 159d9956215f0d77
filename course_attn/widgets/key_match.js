// Keys to touch: choose a patch of a photo, see how like its key all the others are.
// Everything is computed here, so the figure works without a kernel.
const SVG = "http://www.w3.org/2000/svg";
const FAR = 4; // a match this many patches away, or nearer, belongs to the surroundings
// The book's colours for weights, from 0 to 1; the same in both themes, as in its pictures.
const STOPS = [[243, 245, 244], [201, 220, 234], [141, 184, 216], [70, 131, 179], [29, 79, 124], [12, 39, 64]];

// ---- the computation (exported for the tests) ----

/** Bytes out of their text. */
export function bytesOf(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** Unit vectors, one for each patch: 128 stands for 0. */
export function keysOf(bytes, count) {
  const width = bytes.length / count;
  return Array.from({ length: count }, (_, i) => {
    const key = Array.from(bytes.subarray(i * width, (i + 1) * width), (b) => (b - 128) / 127);
    const length = Math.hypot(...key) || 1;
    return key.map((x) => x / length);
  });
}

/** Cosine of one patch's key with every key. */
export function likeness(keys, chosen) {
  return keys.map((key) => key.reduce((sum, x, i) => sum + x * keys[chosen][i], 0));
}

/** The patch that is most like the chosen one, of those more than FAR rows or columns away; -1 if there is none. */
export function bestFar(cosines, columns, chosen) {
  const [row, column] = [Math.floor(chosen / columns), chosen % columns];
  let best = -1;
  cosines.forEach((cosine, i) => {
    const away = Math.max(Math.abs(Math.floor(i / columns) - row), Math.abs((i % columns) - column));
    if (away > FAR && (best < 0 || cosine > cosines[best])) best = i;
  });
  return best;
}

/** What the figure shows, in words. */
export function describe(cosines, columns, chosen, name) {
  const at = (i) => `row ${Math.floor(i / columns)}, column ${i % columns}`;
  const sorted = [...cosines].sort((a, b) => a - b);
  const best = bestFar(cosines, columns, chosen);
  const start = `The key of ${at(chosen)}${name ? ` (${name})` : ""}:`;
  if (best < 0) return `${start} no patch is more than ${FAR} patches away.`;
  return `${start} more than ${FAR} patches away, ${at(best)} matches best, cosine ${number(cosines[best])}. `
    + `Half of all patches are below ${number(sorted[Math.floor(sorted.length / 2)])}.`;
}

function number(x) {
  return (Math.abs(x) < 0.005 ? 0 : x).toFixed(2).replace("-", "−");
}

/** Red, green, blue of a value from 0 to 1. */
export function colour(value) {
  const at = Math.min(1, Math.max(0, value)) * (STOPS.length - 1);
  const i = Math.min(Math.floor(at), STOPS.length - 2);
  return STOPS[i].map((c, k) => Math.round(c + (at - i) * (STOPS[i + 1][k] - c)));
}

// ---- small helpers ----

function add(parent, tag, attributes = {}, text = "") {
  const element = parent.namespaceURI === SVG || tag === "svg"
    ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

/** A picture; colourOf(i) gives red, green, blue of pixel i, row by row. */
function painted(height, width, colourOf) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set([...colourOf(i), 255], 4 * i);
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

// ---- the figure ----

function render({ model, el }) {
  const [rows, columns] = model.get("grid");
  const [height, width] = model.get("size");
  const presets = model.get("presets");
  const keys = keysOf(bytesOf(model.get("map_bytes")[0]), rows * columns);
  const root = add(el, "div", { class: "key-match", role: "group", "aria-label": "Which keys are alike: a figure to touch" });

  const controls = add(root, "div", { class: "controls" });
  const buttons = add(controls, "div", { class: "buttons" });
  const choose = (row, column) => { model.set("row", row); model.set("column", column); };
  for (const [name, [row, column]] of Object.entries(presets)) {
    add(buttons, "button", { type: "button" }, name).addEventListener("click", () => { choose(row, column); model.save_changes(); });
  }
  const sliders = {};
  for (const [name, side] of [["row", rows], ["column", columns]]) {
    const label = add(controls, "label", { class: "control" });
    const words = add(label, "span");
    const input = add(label, "input", { type: "range", "aria-label": name, min: 0, max: side - 1, step: 1 });
    input.addEventListener("input", () => model.set(name, Number(input.value)));
    input.addEventListener("change", () => model.save_changes());
    sliders[name] = [words, input];
  }

  const steps = add(root, "div", { class: "steps" });
  const view = (title, kind) => {
    const box = add(steps, "div", { class: "step" });
    add(box, "p", { class: "title" }, title);
    const svg = add(box, "svg", { viewBox: `0 0 ${columns} ${rows}`, role: "img" });
    const image = add(svg, "image", { x: 0, y: 0, width: columns, height: rows, preserveAspectRatio: "none", class: kind });
    const marks = ["halo", "mark"].flatMap((layer) => [
      [layer, "path"], [layer, "circle"]].map(([each, tag]) => add(svg, tag, { class: each })));
    return { svg, image, crosses: [marks[0], marks[2]], rings: [marks[1], marks[3]] };
  };
  const photo = view("The photo", "photo");
  const map = view("Likeness of keys, 0 to 1", "map");
  const bytes = bytesOf(model.get("pixels"));
  photo.image.setAttribute("href", painted(height, width, (i) => bytes.subarray(3 * i, 3 * i + 3)));
  const words = add(root, "p", { class: "words", role: "status", "aria-live": "polite" });

  function draw() {
    const [row, column] = [model.get("row"), model.get("column")];
    const chosen = row * columns + column;
    const cosines = likeness(keys, chosen);
    const best = bestFar(cosines, columns, chosen);
    map.image.setAttribute("href", painted(rows, columns, (i) => colour(cosines[i])));
    for (const { crosses, rings } of [photo, map]) {
      const [x, y] = [column + 0.5, row + 0.5];
      crosses.forEach((cross) => cross.setAttribute("d", `M${x - 0.5} ${y - 0.5}l1 1M${x + 0.5} ${y - 0.5}l-1 1`));
      rings.forEach((ring) => {
        ring.style.display = best < 0 ? "none" : "";
        const place = { cx: (best % columns) + 0.5, cy: Math.floor(best / columns) + 0.5, r: 0.9 };
        for (const [name, value] of Object.entries(place)) ring.setAttribute(name, value);
      });
    }
    for (const [name, value] of [["row", row], ["column", column]]) {
      sliders[name][0].textContent = `${name} ${value}`;
      sliders[name][1].value = value;
      sliders[name][1].setAttribute("aria-valuetext", `${name} ${value}`);
    }
    const preset = Object.keys(presets).find((name) => presets[name][0] === row && presets[name][1] === column);
    photo.svg.setAttribute("aria-label", `The photo; the cross is at row ${row}, column ${column}`);
    map.svg.setAttribute("aria-label", `Likeness of ${rows} by ${columns} keys with that one`);
    words.textContent = describe(cosines, columns, chosen, preset ?? "");
    root.dataset.cosines = JSON.stringify(cosines.map((c) => Number(c.toFixed(4))));
  }

  // A click or tap chooses a patch; a mouse may drag. A finger's drag stays the page's scrolling.
  for (const { svg } of [photo, map]) {
    let dragging = false;
    const follow = (event) => {
      const box = svg.getBoundingClientRect();
      const at = (share, side) => Math.min(side - 1, Math.max(0, Math.floor(share * side)));
      choose(at((event.clientY - box.top) / box.height, rows), at((event.clientX - box.left) / box.width, columns));
    };
    svg.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse") return;
      event.preventDefault();
      dragging = true;
      words.setAttribute("aria-busy", "true"); // a screen reader hears the sentence once, at the end
      svg.setPointerCapture(event.pointerId);
      follow(event);
    });
    svg.addEventListener("pointermove", (event) => dragging && follow(event));
    for (const end of ["pointerup", "pointercancel"]) {
      svg.addEventListener(end, () => {
        if (!dragging) return;
        dragging = false;
        words.removeAttribute("aria-busy");
        model.save_changes();
      });
    }
    svg.addEventListener("click", (event) => {
      follow(event);
      model.save_changes();
    });
  }

  const watched = ["row", "column"].map((name) => `change:${name}`);
  watched.forEach((event) => model.on(event, draw));
  draw();
  return () => watched.forEach((event) => model.off(event, draw));
}

export default { render };
