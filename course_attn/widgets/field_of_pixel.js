// The receptive field to touch: what one output pixel of a stack of convolutions can see, beside attention.
// Everything is computed here, so the figure works without a kernel.
const SIDE = 32;
const KERNELS = [1, 3, 5, 7];
const DEEPEST = 8;
const NAMES = ["kernel", "depth", "stride", "row", "column"];

// ---- the computation (exported for the tests) ----

/** How many pixels along a side each layer's input has; the last number is the output's. */
export function sides(depth, stride) {
  const all = [SIDE];
  for (let layer = 0; layer < depth; layer++) all.push(Math.ceil(all.at(-1) / stride));
  return all;
}

/** The output place under an input place. */
export function outputPlace(place, depth, stride) {
  return Math.min(Math.floor(place / stride ** depth), sides(depth, stride).at(-1) - 1);
}

/** Along one side: by how many paths through the layers each input place reaches the output place. */
export function paths(kernel, depth, stride, place) {
  const all = sides(depth, stride);
  let counts = Array(all.at(-1)).fill(0);
  counts[outputPlace(place, depth, stride)] = 1;
  for (let layer = depth - 1; layer >= 0; layer--) {
    const before = Array(all[layer]).fill(0);
    counts.forEach((count, o) => {
      for (let tap = 0; tap < kernel; tap++) {
        const i = o * stride - (kernel - 1) / 2 + tap; // places outside are padding
        if (i >= 0 && i < before.length) before[i] += count;
      }
    });
    counts = before;
  }
  return counts;
}

/** First and last place that is seen along one side. */
export function reach(kernel, depth, stride, place) {
  const counts = paths(kernel, depth, stride, place);
  return [counts.findIndex((c) => c > 0), counts.findLastIndex((c) => c > 0)];
}

/** The fewest layers that see the whole picture from there; 0 when no number of layers does. */
export function layersForAll(kernel, stride, row, column) {
  if (kernel === 1) return 0;
  for (let depth = 1; depth <= SIDE; depth++) {
    const whole = [row, column].every((place) => reach(kernel, depth, stride, place).join() === `0,${SIDE - 1}`);
    if (whole) return depth;
  }
  return 0;
}

/** What the figure shows, in words. */
export function describe(kernel, depth, stride, row, column) {
  const [top, bottom] = reach(kernel, depth, stride, row);
  const [left, right] = reach(kernel, depth, stride, column);
  const [height, width] = [bottom - top + 1, right - left + 1];
  const share = (100 * height * width) / SIDE ** 2;
  const strided = stride > 1 ? ` with stride ${stride}` : "";
  let text = `${depth} ${depth === 1 ? "layer" : "layers"} of ${kernel} × ${kernel}${strided}: from row ${row}, column ${column} `
    + `the output sees ${height} × ${width} = ${height * width} of ${SIDE * SIDE} pixels, ${share < 1 ? "less than 1" : Math.round(share)} %.`;
  if (height * width > 1 && depth > 1) {
    const ends = [[row, top, bottom], [column, left, right]].map(([place, first, last]) => {
      const counts = paths(kernel, depth, stride, place).slice(first, last + 1);
      return [Math.max(...counts), Math.min(...counts)];
    });
    const [most, least] = [0, 1].map((end) => ends[0][end] * ends[1][end]);
    text += ` The best connected pixel reaches it by ${grouped(most)} paths, the worst by ${grouped(least)}.`;
  }
  const needed = layersForAll(kernel, stride, row, column);
  text += needed ? ` To see everything it takes ${needed} such ${needed === 1 ? "layer" : "layers"}; attention takes one.`
    : " Such layers never see more; one layer of attention sees everything.";
  return text;
}

// ---- the figure ----

function render({ model, el }) {
  const get = (name) => model.get(name);
  const first = Object.fromEntries(NAMES.map((name) => [name, get(name)]));
  const root = addRoot(el, "receptive-field", "What one pixel sees");

  const controls = add(root, "div", { class: "controls" });
  const sliders = {};
  for (const [name, min, max] of [["kernel", 0, 3], ["depth", 1, DEEPEST], ["stride", 1, 2], ["row", 0, SIDE - 1], ["column", 0, SIDE - 1]]) {
    const change = (value) => model.set(name, name === "kernel" ? KERNELS[value] : value);
    sliders[name] = addSlider(controls, model, { "aria-label": name, min, max, step: 1 }, change);
  }
  add(controls, "button", { type: "button" }, "Reset").addEventListener("click", () => {
    NAMES.forEach((name) => model.set(name, first[name]));
    model.save_changes();
  });

  const bytes = bytesOf(get("pixels"));
  const grey = painted(SIDE, SIDE, (i) => Array(3).fill(bytes[i] ?? 190)); // a plain grey where no picture was given
  const steps = add(root, "div", { class: "steps" });
  const view = () => {
    const box = add(steps, "div", { class: "step" });
    const title = add(box, "p", { class: "title" });
    const svg = add(box, "svg", { viewBox: `-0.6 -0.6 ${SIDE + 1.2} ${SIDE + 1.2}`, role: "img" });
    const whole = { x: 0, y: 0, width: SIDE, height: SIDE, class: "pixels" };
    add(svg, "image", { ...whole, href: grey });
    const veil = add(svg, "image", whole);
    const frames = ["halo", "field"].map((kind) => add(svg, "rect", { class: kind }));
    const marks = ["halo", "pixel"].map((kind) => add(svg, "rect", { class: kind, width: 1, height: 1 }));
    return { title, svg, veil, frames, marks };
  };
  const stack = view();
  const attention = view();
  attention.title.textContent = "One layer of attention";
  attention.veil.setAttribute("href", painted(SIDE, SIDE, () => [204, 106, 23, 70]));
  const words = addWords(root);

  function draw() {
    const [kernel, depth, stride, row, column] = NAMES.map(get);
    const [rows, columns] = [row, column].map((at) => paths(kernel, depth, stride, at));
    const most = Math.max(...rows) * Math.max(...columns);
    // Outside of the field the picture fades; inside, the colour says how many paths lead here.
    stack.veil.setAttribute("href", painted(SIDE, SIDE, (i) => {
      const count = rows[Math.floor(i / SIDE)] * columns[i % SIDE];
      return count ? [204, 106, 23, 20 + 190 * (count / most)] : [246, 246, 243, 185];
    }));
    const [top, bottom] = reach(kernel, depth, stride, row);
    const [left, right] = reach(kernel, depth, stride, column);
    put(stack.frames, { x: left, y: top, width: right - left + 1, height: bottom - top + 1 });
    put(attention.frames, { x: 0, y: 0, width: SIDE, height: SIDE });
    for (const { marks } of [stack, attention]) put(marks, { x: column, y: row });
    const layers = `${depth} ${depth === 1 ? "layer" : "layers"} of ${kernel} × ${kernel}`;
    stack.title.textContent = `${layers}${stride > 1 ? `, stride ${stride}` : ""}`;
    stack.svg.setAttribute("aria-label", `The picture; rows ${top} to ${bottom} and columns ${left} to ${right} are seen`);
    attention.svg.setAttribute("aria-label", "The picture; all of it is seen");
    const shown = { kernel: `kernel ${kernel} × ${kernel}`, depth: layers.split(" of")[0], stride: `stride ${stride}`, row: `row ${row}`, column: `column ${column}` };
    for (const name of NAMES) {
      const [label, input] = sliders[name];
      label.textContent = shown[name];
      input.value = name === "kernel" ? KERNELS.indexOf(kernel) : get(name);
      input.setAttribute("aria-valuetext", shown[name]);
    }
    words.textContent = describe(kernel, depth, stride, row, column);
    root.dataset.rows = JSON.stringify(rows);
    root.dataset.columns = JSON.stringify(columns);
  }

  const inside = (share) => Math.min(SIDE - 1, Math.max(0, Math.floor(share * (SIDE + 1.2) - 0.6)));
  for (const { svg } of [stack, attention]) {
    choosing(svg, model, words, (across, down) => {
      model.set("row", inside(down));
      model.set("column", inside(across));
    });
  }
  return drawOn(model, NAMES, draw);
}

export default { render };
