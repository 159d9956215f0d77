// Keys to touch: choose a patch of a photo, see how like its key all the others are.
// Everything is computed here, so the figure works without a kernel.
const FAR = 4; // a match this many patches away, or nearer, belongs to the surroundings

// ---- the computation (exported for the tests) ----

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
  const sorted = [...cosines].sort((a, b) => a - b);
  const best = bestFar(cosines, columns, chosen);
  const start = `The key of ${spot(chosen, columns)}${name ? ` (${name})` : ""}:`;
  if (best < 0) return `${start} no patch is more than ${FAR} patches away.`;
  return `${start} more than ${FAR} patches away, ${spot(best, columns)} matches best, cosine ${number(cosines[best])}. `
    + `Half of all patches are below ${number(sorted[Math.floor(sorted.length / 2)])}.`;
}

// ---- the figure ----

function render({ model, el }) {
  const grid = model.get("grid");
  const [rows, columns] = grid;
  const presets = model.get("presets");
  const keys = keysOf(bytesOf(model.get("map_bytes")[0]), rows * columns);
  const root = addRoot(el, "key-match", "Which keys are alike");

  const controls = add(root, "div", { class: "controls" });
  const buttons = add(controls, "div", { class: "buttons" });
  const choose = (row, column) => { model.set("row", row); model.set("column", column); };
  for (const [name, [row, column]] of Object.entries(presets)) {
    add(buttons, "button", { type: "button" }, name).addEventListener("click", () => { choose(row, column); model.save_changes(); });
  }
  const sliders = {};
  for (const [name, side] of [["row", rows], ["column", columns]]) {
    const range = { "aria-label": name, min: 0, max: side - 1, step: 1 };
    sliders[name] = addSlider(controls, model, range, (value) => model.set(name, value));
  }

  const [photo, map] = addPhotoAndMap(root, grid, model.get("size"), bytesOf(model.get("pixels")), "path");
  photo.title.textContent = "The photo";
  map.title.textContent = "Likeness of keys, 0 to 1";
  const words = addWords(root);

  function draw() {
    const [row, column] = [model.get("row"), model.get("column")];
    const query = row * columns + column;
    const cosines = likeness(keys, query);
    const best = bestFar(cosines, columns, query);
    map.image.setAttribute("href", painted(rows, columns, (i) => colour(cosines[i])));
    for (const { chosen, rings } of [photo, map]) {
      const [x, y] = [column + 0.5, row + 0.5];
      put(chosen, { d: `M${x - 0.5} ${y - 0.5}l1 1M${x + 0.5} ${y - 0.5}l-1 1` }); // a cross
      put(rings, { display: best < 0 ? "none" : "inline" });
      ring(rings, best, columns, 0.9);
    }
    for (const [name, value] of [["row", row], ["column", column]]) {
      sliders[name][0].textContent = `${name} ${value}`;
      sliders[name][1].value = value;
      sliders[name][1].setAttribute("aria-valuetext", `${name} ${value}`);
    }
    const preset = Object.keys(presets).find((name) => presets[name][0] === row && presets[name][1] === column);
    photo.svg.setAttribute("aria-label", `The photo; the cross is at row ${row}, column ${column}`);
    map.svg.setAttribute("aria-label", `Likeness of ${rows} by ${columns} keys with that one`);
    words.textContent = describe(cosines, columns, query, preset ?? "");
    root.dataset.cosines = JSON.stringify(cosines.map((c) => Number(c.toFixed(4))));
  }

  choosingPatches([photo, map], model, words, grid, choose);
  return drawOn(model, ["row", "column"], draw);
}

export default { render };
