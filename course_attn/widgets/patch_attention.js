// Attention between the patches of a photo: choose a layer, a head and a patch, see where it looks.
// The weights come in the widget's state, 4 bits each; nothing here needs a kernel.
const SVG = "http://www.w3.org/2000/svg";
// The book's colours for weights, from 0 to 1; the same in both themes, as in its pictures.
const STOPS = [[243, 245, 244], [201, 220, 234], [141, 184, 216], [70, 131, 179], [29, 79, 124], [12, 39, 64]];

// ---- the computation (exported for the tests) ----

/** Bytes out of their text. */
export function bytesOf(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** The weights of one query of one head, class token first. */
export function rowOf(bytes, tokens, heads, layer, head, query) {
  const length = 2 + Math.ceil(tokens / 2);
  const start = ((layer * heads + head) * tokens + query) * length;
  const largest = (256 * bytes[start] + bytes[start + 1]) / 65535;
  return Array.from({ length: tokens }, (_, i) => {
    const byte = bytes[start + 2 + (i >> 1)];
    return (largest * (i % 2 ? byte & 15 : byte >> 4)) / 15;
  });
}

/** How many tokens, the strongest first, hold half of the attention. */
export function halfOf(row) {
  const whole = row.reduce((sum, weight) => sum + weight, 0);
  let [sum, count] = [0, 0];
  for (const weight of [...row].sort((a, b) => b - a)) {
    if (sum >= whole / 2) break;
    sum += weight;
    count += 1;
  }
  return count;
}

/** The patch with the largest weight, counted from 0. */
export function strongest(row) {
  return row.slice(1).reduce((best, weight, i, all) => (weight > all[best] ? i : best), 0);
}

/** What the figure shows, in words. */
export function describe(row, columns, layer, head, query, name) {
  const at = (i) => `row ${Math.floor(i / columns)}, column ${i % columns}`;
  const who = query ? `the patch at ${at(query - 1)}${name ? ` (${name})` : ""}` : "the class token";
  const best = strongest(row);
  const own = query ? `${percent(row[query])} stays with itself, ${percent(row[0])} goes to the class token` : `${percent(row[0])} stays with itself`;
  const to = best + 1 === query ? "itself" : at(best);
  return `Layer ${layer + 1}, head ${head + 1}: of the attention of ${who}, ${own}. Of the patches, ${to} gets most, `
    + `${percent(row[best + 1])}. Half of all attention is held by ${halfOf(row)} of ${row.length} tokens.`;
}

function percent(share) {
  return `${share > 0 && share < 0.095 ? (100 * share).toFixed(1) : Math.round(100 * share)}\u00a0%`;
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
  const get = (name) => model.get(name);
  const [rows, columns] = get("grid");
  const [height, width] = get("size");
  const [layers, heads, presets] = [get("num_layers"), get("num_heads"), get("presets")];
  const tokens = 1 + rows * columns;
  const bytes = bytesOf(get("map_bytes")[0]);
  const root = add(el, "div", { class: "patch-attention", role: "group", "aria-label": "What a patch attends to: a figure to touch" });

  const controls = add(root, "div", { class: "controls" });
  const buttons = add(controls, "div", { class: "buttons" });
  const chooseBy = (name, query) => {
    const button = add(buttons, "button", { type: "button" }, name);
    button.addEventListener("click", () => { model.set("query", query); model.save_changes(); });
    return [button, query];
  };
  const choices = [chooseBy("class token", 0)];
  for (const [name, [row, column]] of Object.entries(presets)) choices.push(chooseBy(name, 1 + row * columns + column));

  const sliders = {};
  const slider = (name, from, to, change) => {
    const label = add(controls, "label", { class: "control" });
    const words = add(label, "span");
    const input = add(label, "input", { type: "range", "aria-label": name, min: from, max: to, step: 1 });
    input.addEventListener("input", () => change(Number(input.value)));
    input.addEventListener("change", () => model.save_changes());
    sliders[name] = (value, text = String(value)) => {
      words.textContent = `${name} ${text}`;
      input.value = value;
      input.setAttribute("aria-valuetext", `${name} ${text}`);
    };
  };
  slider("layer", 1, layers, (value) => model.set("layer", value - 1));
  slider("head", 1, heads, (value) => model.set("head", value - 1));
  const patch = () => Math.max(0, get("query") - 1); // the class token stands nowhere; from it one goes to the corner
  slider("row", 0, rows - 1, (value) => model.set("query", 1 + value * columns + (patch() % columns)));
  slider("column", 0, columns - 1, (value) => model.set("query", 1 + Math.floor(patch() / columns) * columns + value));

  const steps = add(root, "div", { class: "steps" });
  const view = (kind) => {
    const box = add(steps, "div", { class: "step" });
    const title = add(box, "p", { class: "title" });
    const svg = add(box, "svg", { viewBox: `0 0 ${columns} ${rows}`, role: "img" });
    const image = add(svg, "image", { x: 0, y: 0, width: columns, height: rows, preserveAspectRatio: "none", class: kind });
    const marks = ["halo", "mark"].flatMap((layer) => ["rect", "circle"].map((tag) => add(svg, tag, { class: layer })));
    return { title, svg, image, squares: [marks[0], marks[2]], rings: [marks[1], marks[3]] };
  };
  const photo = view("photo");
  const map = view("map");
  const pixels = bytesOf(get("pixels"));
  photo.title.textContent = "The photo: click a patch";
  photo.image.setAttribute("href", painted(height, width, (i) => pixels.subarray(3 * i, 3 * i + 3)));
  const words = add(root, "p", { class: "words", role: "status", "aria-live": "polite" });

  function draw() {
    const [layer, head, query] = [get("layer"), get("head"), get("query")];
    const row = rowOf(bytes, tokens, heads, layer, head, query);
    const best = strongest(row);
    const largest = Math.max(row[best + 1], 1e-9);
    map.title.textContent = `Its attention, 0 to ${row[best + 1].toFixed(3)}`;
    map.image.setAttribute("href", painted(rows, columns, (i) => colour(row[i + 1] / largest)));
    const [y, x] = [Math.floor(patch() / columns), patch() % columns];
    for (const { squares, rings } of [photo, map]) {
      squares.forEach((square) => {
        square.style.display = query ? "" : "none";
        for (const [name, value] of Object.entries({ x, y, width: 1, height: 1 })) square.setAttribute(name, value);
      });
      rings.forEach((ring) => {
        const place = { cx: (best % columns) + 0.5, cy: Math.floor(best / columns) + 0.5, r: 0.75 };
        for (const [name, value] of Object.entries(place)) ring.setAttribute(name, value);
      });
    }
    sliders.layer(layer + 1);
    sliders.head(head + 1);
    sliders.row(y, query ? String(y) : "–");
    sliders.column(x, query ? String(x) : "–");
    choices.forEach(([button, choice]) => button.setAttribute("aria-pressed", String(choice === query)));
    const preset = Object.keys(presets).find((name) => query === 1 + presets[name][0] * columns + presets[name][1]);
    photo.svg.setAttribute("aria-label", query ? `The photo; the square is at row ${y}, column ${x}` : "The photo");
    map.svg.setAttribute("aria-label", `Weights of ${rows} by ${columns} patches, the largest ringed`);
    words.textContent = describe(row, columns, layer, head, query, preset ?? "");
    root.dataset.row = JSON.stringify(row.map((weight) => Number(weight.toFixed(5))));
  }

  // A click or tap chooses a patch; a mouse may drag. A finger's drag stays the page's scrolling.
  for (const { svg } of [photo, map]) {
    let dragging = false;
    const follow = (event) => {
      const box = svg.getBoundingClientRect();
      const at = (share, side) => Math.min(side - 1, Math.max(0, Math.floor(share * side)));
      const row = at((event.clientY - box.top) / box.height, rows);
      model.set("query", 1 + row * columns + at((event.clientX - box.left) / box.width, columns));
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

  const watched = ["layer", "head", "query"].map((name) => `change:${name}`);
  watched.forEach((event) => model.on(event, draw));
  draw();
  return () => watched.forEach((event) => model.off(event, draw));
}

export default { render };
