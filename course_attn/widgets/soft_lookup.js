// A soft look-up to touch: one query, M keys and values in the plane.
// Everything is computed here, so the figure works without a kernel.
const HALF = 130; // half the side of a plane's viewBox
const ROOT = Math.SQRT2; // √d for vectors of two numbers

// ---- the computation (exported for the tests) ----

/** scores[j] = query · keys[j] / temperature */
export function scores(query, keys, temperature) {
  return keys.map((key) => key.reduce((sum, k, i) => sum + k * query[i], 0) / temperature);
}

/** Shares of the keys that may be seen; all 0 when none may. */
export function softmax(scores, mask) {
  const top = Math.max(...scores.filter((_, j) => mask[j]));
  const powers = scores.map((s, j) => (mask[j] ? Math.exp(s - top) : 0));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => (total > 0 ? p / total : 0));
}

/** The values, mixed in these shares. */
export function output(weights, values) {
  return values[0].map((_, i) => weights.reduce((sum, w, j) => sum + w * values[j][i], 0));
}

/** Entropy of the shares in nats; a share of 0 adds nothing. */
export function entropy(weights) {
  return weights.reduce((sum, w) => sum - (w > 0 ? w * Math.log(w) : 0), 0);
}

/** What the figure shows, in words. */
export function describe(labels, weights, mask) {
  const seen = mask.filter(Boolean).length;
  const hidden = mask.length - seen;
  if (seen === 0) return "Every key is masked: there is nothing to look at, so all weights and the output are 0.";
  const best = Math.max(...weights);
  const winners = labels.filter((_, j) => mask[j] && weights[j] > best - 0.005);
  const quoted = winners.map((name) => `“${name}”`);
  let text = `The query matches ${quoted[0]} best: ${percent(best)} of the output comes from it.`;
  if (winners.length > 1) {
    text = `The query matches ${listed(quoted)} equally well: ${percent(best)} of the output comes from each.`;
  }
  if (hidden === 1) text += " 1 key is masked.";
  if (hidden > 1) text += ` ${hidden} keys are masked.`;
  return `${text} Entropy ${entropy(weights).toFixed(2)} of at most ${Math.log(seen).toFixed(2)} nats.`;
}

/** Where the output can lie: what is left to mix decides. */
export function limits(mask) {
  const seen = mask.filter(Boolean).length;
  if (seen === 0) return "Nothing to mix: no shape is left, and the diamond stands at 0.";
  if (seen === 1) return "One value is left: the diamond stands on it.";
  return `A mixture: the diamond never leaves ${seen === 2 ? "the line between the two" : "the shaded shape"}.`;
}

/** The corners of the smallest convex shape around the points, in order. */
export function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  const half = (list) => {
    const chain = [];
    for (const p of list) {
      while (chain.length > 1 && turn(chain.at(-2), chain.at(-1), p) <= 0) chain.pop();
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  return sorted.length < 3 ? sorted : [...half(sorted), ...half(sorted.reverse())];
}

// ---- small helpers ----

function percent(share) {
  return share > 0 && share < 0.005 ? "less than 1 %" : `${Math.round(100 * share)} %`;
}

/** A square plane with axes through the origin and the names of its four ends. */
function plane(parent, ends) {
  const svg = add(parent, "svg", { viewBox: `${-HALF} ${-HALF} ${2 * HALF} ${2 * HALF}`, role: "img" });
  add(svg, "line", { class: "axis", x1: -HALF, x2: HALF, y1: 0, y2: 0 });
  add(svg, "line", { class: "axis", x1: 0, x2: 0, y1: -HALF, y2: HALF });
  const [left, right, bottom, top] = ends;
  add(svg, "text", { class: "end", x: 4 - HALF, y: -5 }, left);
  add(svg, "text", { class: "end", x: HALF - 4, y: -5, "text-anchor": "end" }, right);
  add(svg, "text", { class: "end", x: 5, y: HALF - 5 }, bottom);
  add(svg, "text", { class: "end", x: 5, y: 13 - HALF }, top);
  return [svg, add(svg, "g")];
}

/** An arrow from the origin. */
function arrow(parent, [x, y], kind, width) {
  const length = Math.hypot(x, y);
  if (length < 1) return;
  const [u, v] = [x / length, y / length];
  const head = Math.min(length, 7 + 1.3 * width);
  const [bx, by] = [x - u * head, y - v * head];
  const side = head * 0.48;
  add(parent, "line", { class: kind, x1: 0, y1: 0, x2: bx, y2: by, "stroke-width": width });
  add(parent, "polygon", { class: kind, points: `${x},${y} ${bx - v * side},${by + u * side} ${bx + v * side},${by - u * side}` });
}

/** Text beside a point, on the side away from the origin, or above or below it; always inside the plane. */
function label(parent, [x, y], text, kind, away = 9, upright = Math.abs(x) < 22) {
  const half = (kind === "query-name" ? 4.6 : 4.2) * text.length; // half its width, about
  const wanted = upright ? x : x + Math.sign(x) * (away + half);
  const room = HALF - 4 - half;
  const drop = upright ? (y > 0 ? away + 11 : -away) : 4.5;
  const place = { x: Math.min(Math.max(wanted, -room), room), y: Math.min(Math.max(y + drop, 14 - HALF), HALF - 5) };
  add(parent, "text", { class: kind, "text-anchor": "middle", ...place }, text);
}

// ---- the figure ----

function render({ model, el }) {
  const get = (name) => model.get(name);
  const labels = get("labels");
  const first = { query: [...get("query")], temperature: get("temperature"), mask: [...get("mask")] };
  const reach = (points) => 1.6 * Math.max(0.5, ...points.flat().map(Math.abs));
  let extent = Math.max(reach(get("key_vectors")), ...get("query").map(Math.abs));
  let touched = false;

  const root = addRoot(el, "soft-lookup", "Soft look-up");
  const steps = add(root, "div", { class: "steps" });
  const step = (title) => {
    const box = add(steps, "div", { class: "step", role: "group", "aria-label": title });
    add(box, "p", { class: "title" }, title);
    return box;
  };

  // 1: the query among the keys
  const ask = step("1. Ask: drag the query");
  const [keyPlane, keyMarks] = plane(ask, get("key_axes"));
  keyPlane.classList.add("draggable");
  // These two stay while everything else is drawn anew: a finger's drag ends when its element goes.
  const grip = [add(keyPlane, "circle", { class: "reach", r: 22 }), add(keyPlane, "circle", { class: "handle", r: 9 })];
  const names = get("key_axes");
  const pair = (a, b, otherwise) => (a || b ? `${a} to ${b}` : otherwise);
  const sliders = add(ask, "div", { class: "pair" });
  const axisInput = (axis, words) => {
    const [shown, input] = addSlider(sliders, model, { step: "any", "aria-label": `query, ${words}` }, (value) => {
      change("query", get("query").map((old, i) => (i === axis ? value : old)));
    });
    shown.textContent = words;
    return input;
  };
  const inputs = [axisInput(0, pair(names[0], names[1], "left to right")), axisInput(1, pair(names[2], names[3], "down to up"))];

  // 2: scores and weights
  const compare = step("2. Compare: weigh keys");
  const table = add(compare, "table");
  const header = add(add(table, "thead"), "tr");
  for (const name of ["key", "score", "weight"]) add(header, "th", { scope: "col" }, name);
  const body = add(table, "tbody");
  const rows = labels.map((name, j) => {
    const row = add(body, "tr");
    const tick = add(add(row, "th", { scope: "row" }), "label");
    const box = add(tick, "input", { type: "checkbox", "aria-label": `${name} may be seen` });
    add(tick, "span", {}, name);
    box.addEventListener("change", () => {
      change("mask", get("mask").map((m, i) => (i === j ? box.checked : m)));
      model.save_changes();
    });
    const score = add(row, "td", { class: "score" });
    const cell = add(row, "td", { class: "weight" });
    const track = add(cell, "span", { class: "track" });
    return { row, box, score, bar: add(track, "span", { class: "bar" }), share: add(cell, "span", { class: "share" }) };
  });
  add(compare, "p", { class: "hint" }, "Untick a key to mask it.");
  const heat = { min: -4, max: 4, step: 0.05, "aria-label": "temperature" };
  const [heatWords, slider] = addSlider(compare, model, heat, (value) => change("temperature", 2 ** value));
  const sides = add(compare, "p", { class: "hint sides", "aria-hidden": "true" });
  for (const side of ["one winner", "all alike"]) add(sides, "span", {}, side);
  const buttons = add(compare, "div", { class: "buttons" });
  const button = (text, act) => add(buttons, "button", { type: "button" }, text).addEventListener("click", () => {
    act();
    model.save_changes();
  });
  button("τ = 1", () => change("temperature", 1));
  button("τ = √d", () => change("temperature", ROOT));
  button("Reset", () => Object.entries(first).forEach(([name, value]) => change(name, value)));

  // 3: the output among the values
  const answer = step("3. Answer: mix values");
  const [valuePlane, valueMarks] = plane(answer, get("value_axes"));
  const bounds = add(answer, "p", { class: "hint bounds" });
  const words = addWords(root);

  function change(name, value) {
    touched ||= name === "query";
    model.set(name, Array.isArray(value) ? [...value] : value);
  }

  function draw() {
    const [query, keys, values, mask, temperature] = ["query", "key_vectors", "value_vectors", "mask", "temperature"].map(get);
    const s = scores(query, keys, temperature);
    const weights = softmax(s, mask);
    const mixed = output(weights, values);
    extent = Math.max(extent, ...query.map(Math.abs));
    const inKeys = ([x, y]) => [(x / extent) * (HALF - 4), (-y / extent) * (HALF - 4)];
    const valueExtent = reach(values);
    const inValues = ([x, y]) => [(x / valueExtent) * (HALF - 4), (-y / valueExtent) * (HALF - 4)];

    keyMarks.replaceChildren();
    keys.forEach((key, j) => arrow(keyMarks, inKeys(key), mask[j] ? "key" : "key masked", 1.5 + 4.5 * weights[j]));
    keys.forEach((key, j) => label(keyMarks, inKeys(key), labels[j], mask[j] ? "name" : "name masked"));
    const tip = inKeys(query);
    arrow(keyMarks, tip, "query", 3.5);
    grip.forEach((circle) => circle.setAttribute("transform", `translate(${tip})`));
    label(keyMarks, tip, touched ? "query" : "drag me", "query-name", 26, true);
    keyPlane.setAttribute("aria-label", `Keys ${labels.join(", ")} and the query at ${number(query[0])}, ${number(query[1])}`);

    valueMarks.replaceChildren();
    const seen = values.filter((_, j) => mask[j]).map(inValues);
    if (seen.length) add(valueMarks, "polygon", { class: "hull", points: hull(seen).join(" ") });
    const end = inValues(mixed);
    values.forEach((value, j) => {
      const [x, y] = inValues(value);
      if (weights[j] > 0.005) add(valueMarks, "line", { class: "pull", x1: x, y1: y, x2: end[0], y2: end[1], "stroke-width": 1 + 6 * weights[j] });
      add(valueMarks, "circle", { class: mask[j] ? "value" : "value masked", cx: x, cy: y, r: 4 + 8 * Math.sqrt(weights[j]) });
    });
    values.forEach((value, j) => label(valueMarks, inValues(value), labels[j], mask[j] ? "name" : "name masked", 7 + 8 * Math.sqrt(weights[j])));
    add(valueMarks, "path", { class: "output", d: `M${end[0]} ${end[1] - 9} l9 9 l-9 9 l-9 -9 z` });
    valuePlane.setAttribute("aria-label", `Values ${labels.join(", ")} and the output at ${number(mixed[0])}, ${number(mixed[1])}`);

    rows.forEach(({ row, box, score, bar, share }, j) => {
      row.classList.toggle("masked", !mask[j]);
      box.checked = mask[j];
      score.textContent = mask[j] ? number(s[j]) : "masked";
      bar.style.width = `${100 * weights[j]}%`;
      share.textContent = `${Math.round(100 * weights[j])} %`;
    });
    inputs.forEach((input, axis) => {
      Object.assign(input, { min: -extent, max: extent, value: query[axis] });
      input.setAttribute("aria-valuetext", number(query[axis]));
    });
    slider.value = Math.log2(temperature);
    const rootD = Math.abs(temperature - ROOT) < 1e-6;
    heatWords.textContent = `temperature τ = ${rootD ? "√d = " : ""}${number(temperature)}`;
    slider.setAttribute("aria-valuetext", `${temperature.toFixed(2)}${rootD ? ", the root of d" : ""}`);
    bounds.textContent = limits(mask);
    words.textContent = describe(labels, weights, mask);
    root.dataset.scores = JSON.stringify(s);
    root.dataset.weights = JSON.stringify(weights);
    root.dataset.output = JSON.stringify(mixed);
  }

  // A mouse may start anywhere in the plane; a finger drags the handle, or taps, so that a page still scrolls.
  const mayDrag = (event) => event.pointerType === "mouse" || event.target.matches(".reach, .handle");
  const inside = (share) => Math.min(1, Math.max(-1, (share * 2 - 1) * (HALF / (HALF - 4)))) * extent;
  choosing(keyPlane, model, words, (across, down) => change("query", [inside(across), -inside(down)]), mayDrag);
  // touch-action does not reach shapes inside an svg in every browser: without this, the page scrolls and the drag ends.
  for (const circle of grip) circle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });

  return drawOn(model, ["query", "key_vectors", "value_vectors", "temperature", "mask"], draw);
}

export default { render };
