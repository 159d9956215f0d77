// Sinusoidal positions to touch: a table of waves, the clocks of one place, the dot product with every other place.
// Everything is computed here, so the figure works without a kernel.
const PLACES = 128;
const WIDTHS = [4, 8, 16, 32, 64, 128];
const SIDE = 260; // viewBox of each picture, square
const LEFT = 40, RIGHT = 254, TOP = 8, BOTTOM = 222; // where the data lie in it
// The book's two-ended colours, from -1 to 1; the same in both themes, as in its pictures.
const STOPS = [[18, 58, 94], [70, 131, 179], [185, 210, 228], [246, 246, 243], [246, 207, 164], [232, 149, 71], [204, 106, 23]];

// ---- the computation (exported for the tests) ----

/** How far each pair of columns turns from one place to the next, in radians. */
export function frequencies(width, base) {
  return Array.from({ length: width / 2 }, (_, i) => base ** ((-2 * i) / width));
}

/** One row of the table: sin, cos, sin, cos ... */
export function encoding(place, width, base) {
  return frequencies(width, base).flatMap((w) => [Math.sin(w * place), Math.cos(w * place)]);
}

/** The dot product of two rows, as a share of a row's own: the mean of cos(ω · distance). */
export function likeness(distance, width, base) {
  const all = frequencies(width, base);
  return all.reduce((sum, w) => sum + Math.cos(w * distance), 0) / all.length;
}

/** What the figure shows, in words. */
export function describe(width, base, place) {
  const turns = frequencies(width, base).map((w) => (2 * Math.PI) / w); // places for one turn
  const slow = turns.filter((t) => t > PLACES).length;
  const curve = Array.from({ length: PLACES }, (_, d) => likeness(d, width, base));
  const half = curve.findIndex((s) => s < 0.5);
  let text = `Place ${place} is ${width / 2} clocks: the fastest goes round in ${rounded(turns[0])} places, `
    + `the slowest in ${rounded(turns.at(-1))}; `
    + `${slow ? `${slow} of them ${slow === 1 ? "does" : "do"} not get` : "all of them get"} round once in ${PLACES}. `
    + `The next place is ${percent(curve[1])} like it`;
  const above = half < 0 ? 0 : curve.filter((s, d) => d > half && s >= 0.5).length; // beyond it, not yet for good
  if (half < 0) text += ", and every other more than half.";
  else if (!above) text += `; from ${half} places on it is less than half.`;
  else text += `; ${half} places away it is less than half for the first time, and more again at ${above} of the ${PLACES - 1 - half} distances beyond.`;
  const again = curve.findIndex((s, d) => half > 0 && d > half && s > 0.9);
  if (again > 0) text += ` But ${again} places away it is ${percent(curve[again])} like it again: two places that can hardly be told apart.`;
  return text;
}

function rounded(x) {
  return grouped(x < 100 ? Math.round(10 * x) / 10 : Number(x.toPrecision(2)));
}

function percent(share) {
  return `${share < 0 ? "−" : ""}${Math.round(100 * Math.abs(share))} %`;
}

/** Red, green, blue of a value from -1 to 1. */
export function colour(value) {
  return blend(STOPS, (value + 1) / 2);
}

// ---- small helpers ----

/** The whole table as a picture, one pixel a number. */
function table(width, base) {
  const numbers = Array.from({ length: PLACES }, (_, place) => encoding(place, width, base)).flat();
  return painted(PLACES, width, (i) => colour(numbers[i]));
}

const across = (place) => LEFT + ((place + 0.5) / PLACES) * (RIGHT - LEFT);
const down = (place) => TOP + ((place + 0.5) / PLACES) * (BOTTOM - TOP);
const up = (share) => BOTTOM - ((share + 1) / 2) * (BOTTOM - TOP);

/** A picture with named axes. */
function picture(parent, xName, yName) {
  const svg = add(parent, "svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img" });
  add(svg, "text", { x: (LEFT + RIGHT) / 2, y: SIDE - 4, "text-anchor": "middle", class: "axis-name" }, xName);
  const middle = (TOP + BOTTOM) / 2;
  add(svg, "text", { x: 13, y: middle, "text-anchor": "middle", class: "axis-name", transform: `rotate(-90 13 ${middle})` }, yName);
  return svg;
}

function tick(svg, x, y, text, anchor) {
  add(svg, "text", { x, y, "text-anchor": anchor, class: "tick" }, text);
}

// ---- the figure ----

function render({ model, el }) {
  const get = (name) => model.get(name);
  const first = Object.fromEntries(["width", "base", "place"].map((name) => [name, get(name)]));
  const change = (name, value) => model.set(name, value);

  const root = addRoot(el, "position-waves", "Positions as waves");
  const controls = add(root, "div", { class: "controls" });
  const slider = (label, range, act) => addSlider(controls, model, { "aria-label": label, ...range }, act);
  const [placeWords, placeInput] = slider("place", { min: 0, max: PLACES - 1, step: 1 }, (v) => change("place", v));
  const [widthWords, widthInput] = slider("width", { min: 0, max: WIDTHS.length - 1, step: 1 }, (v) => change("width", WIDTHS[v]));
  const [baseWords, baseInput] = slider("base", { min: 0, max: 6, step: 0.25 }, (v) => change("base", 10 ** v));
  add(controls, "button", { type: "button" }, "Reset").addEventListener("click", () => {
    Object.entries(first).forEach(([name, value]) => change(name, value));
    model.save_changes();
  });

  const steps = add(root, "div", { class: "steps" });
  const step = (title) => {
    const box = add(steps, "div", { class: "step" });
    add(box, "p", { class: "title" }, title);
    return box;
  };

  // 1: the table
  const tableSvg = picture(step("The table: a row a place"), "column", "place");
  const image = add(tableSvg, "image", { x: LEFT, y: TOP, width: RIGHT - LEFT, height: BOTTOM - TOP, preserveAspectRatio: "none", class: "table" });
  const markers = ["halo", "marker"].map((kind) => (
    add(tableSvg, "rect", { x: LEFT - 3, width: RIGHT - LEFT + 6, height: 6, rx: 3, class: kind })));
  for (const place of [0, 32, 64, 96, 127]) tick(tableSvg, LEFT - 6, down(place) + 4, place, "end");
  const columnTicks = add(tableSvg, "g");

  // 2: the clocks
  const clockSvg = add(step("The row as clocks"), "svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img" });
  const clocks = add(clockSvg, "g");

  // 3: the dot product
  const curveSvg = picture(step("Its dot products"), "other place", "share of the largest");
  for (const share of [-1, 0, 1]) {
    add(curveSvg, "line", { class: "grid", x1: LEFT, x2: RIGHT, y1: up(share), y2: up(share) });
    tick(curveSvg, LEFT - 6, up(share) + 4, String(share).replace("-", "−"), "end");
  }
  for (const place of [0, 32, 64, 96, 127]) tick(curveSvg, across(place), BOTTOM + 16, place, place < 127 ? "middle" : "end");
  const here = add(curveSvg, "line", { class: "here", y1: TOP, y2: BOTTOM });
  const curve = add(curveSvg, "polyline", { class: "curve" });
  const top = add(curveSvg, "circle", { class: "top", r: 5, cy: up(1) });
  const words = addWords(root);

  let drawn = ""; // which table the picture shows: it is drawn anew only when width or base change

  function drawTable(width, base) {
    if (drawn === `${width} ${base}`) return;
    drawn = `${width} ${base}`;
    image.setAttribute("href", table(width, base));
    columnTicks.replaceChildren();
    for (const c of [0, width / 2, width - 1]) {
      tick(columnTicks, LEFT + ((c + 0.5) / width) * (RIGHT - LEFT), BOTTOM + 16, c, c < 100 ? "middle" : "end");
    }
  }

  function drawClocks(width, base, place) {
    clocks.replaceChildren();
    const count = width / 2;
    const columns = Math.ceil(Math.sqrt(count));
    const cell = SIDE / columns;
    const radius = 0.4 * Math.min(cell, 100);
    frequencies(width, base).forEach((w, i) => {
      const x = ((i % columns) + 0.5) * cell;
      const y = (Math.floor(i / columns) + 0.5) * cell;
      const slow = (2 * Math.PI) / w > PLACES;
      add(clocks, "circle", { class: slow ? "clock slow" : "clock", cx: x, cy: y, r: radius });
      // From twelve o'clock, clockwise: right is the sine, up is the cosine.
      const tip = { x2: x + radius * Math.sin(w * place), y2: y - radius * Math.cos(w * place) };
      add(clocks, "line", { class: "hand", x1: x, y1: y, ...tip, "stroke-width": Math.max(1.5, radius / 9) });
    });
  }

  function draw() {
    const [width, base, place] = ["width", "base", "place"].map(get);
    drawTable(width, base);
    drawClocks(width, base, place);
    const shares = Array.from({ length: PLACES }, (_, other) => likeness(other - place, width, base));
    markers.forEach((marker) => marker.setAttribute("y", down(place) - 3));
    curve.setAttribute("points", shares.map((s, other) => `${across(other).toFixed(2)},${up(s).toFixed(2)}`).join(" "));
    for (const name of ["x1", "x2"]) here.setAttribute(name, across(place));
    top.setAttribute("cx", across(place));

    placeWords.textContent = `place ${place}`;
    widthWords.textContent = `width D = ${width}`;
    baseWords.textContent = `base ${rounded(base)}`;
    placeInput.value = place;
    widthInput.value = WIDTHS.indexOf(width);
    widthInput.setAttribute("aria-valuetext", width);
    baseInput.value = Math.log10(base);
    baseInput.setAttribute("aria-valuetext", rounded(base));
    tableSvg.setAttribute("aria-label", `Table of ${PLACES} places and ${width} columns; place ${place} is marked`);
    clockSvg.setAttribute("aria-label", `${width / 2} clocks of place ${place}, the fastest first`);
    curveSvg.setAttribute("aria-label", `Dot product of place ${place} with each of ${PLACES} places`);
    words.textContent = describe(width, base, place);
    root.dataset.row = JSON.stringify(encoding(place, width, base));
    root.dataset.shares = JSON.stringify(shares);
  }

  const choose = (svg, shareOf) => choosing(svg, model, words, (across, down) => {
    const place = Math.floor(shareOf(across * SIDE, down * SIDE) * PLACES);
    change("place", Math.min(PLACES - 1, Math.max(0, place)));
  });
  choose(tableSvg, (_, y) => (y - TOP) / (BOTTOM - TOP));
  choose(curveSvg, (x) => (x - LEFT) / (RIGHT - LEFT));

  return drawOn(model, ["width", "base", "place"], draw);
}

export default { render };
