// Attention between the patches of a photo: choose a layer, a head and a patch, see where it looks.
// The weights come in the widget's state, 4 bits each; nothing here needs a kernel.

// ---- the computation (exported for the tests) ----

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
  const who = query ? `the patch at ${spot(query - 1, columns)}${name ? ` (${name})` : ""}` : "the class token";
  const best = strongest(row);
  const own = query ? `${percent(row[query])} stays with itself, ${percent(row[0])} goes to the class token` : `${percent(row[0])} stays with itself`;
  const to = best + 1 === query ? "itself" : spot(best, columns);
  return `Layer ${layer + 1}, head ${head + 1}: of the attention of ${who}, ${own}. Of the patches, ${to} gets most, `
    + `${percent(row[best + 1])}. Half of all attention is held by ${halfOf(row)} of ${row.length} tokens.`;
}

function percent(share) {
  return `${share > 0 && share < 0.095 ? (100 * share).toFixed(1) : Math.round(100 * share)}\u00a0%`;
}

// ---- the figure ----

function render({ model, el }) {
  const get = (name) => model.get(name);
  const grid = get("grid");
  const [rows, columns] = grid;
  const [layers, heads, presets] = [get("num_layers"), get("num_heads"), get("presets")];
  const tokens = 1 + rows * columns;
  const bytes = bytesOf(get("map_bytes")[0]);
  const root = addRoot(el, "patch-attention", "What a patch attends to");

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
    const [words, input] = addSlider(controls, model, { "aria-label": name, min: from, max: to, step: 1 }, change);
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

  const [photo, map] = addPhotoAndMap(root, grid, get("size"), bytesOf(get("pixels")), "rect");
  photo.title.textContent = "The photo: click a patch";
  const words = addWords(root);

  function draw() {
    const [layer, head, query] = [get("layer"), get("head"), get("query")];
    const row = rowOf(bytes, tokens, heads, layer, head, query);
    const best = strongest(row);
    const largest = Math.max(row[best + 1], 1e-9);
    map.title.textContent = `Its attention, 0 to ${row[best + 1].toFixed(3)}`;
    map.image.setAttribute("href", painted(rows, columns, (i) => colour(row[i + 1] / largest)));
    const [y, x] = [Math.floor(patch() / columns), patch() % columns];
    for (const { chosen, rings } of [photo, map]) {
      put(chosen, { x, y, width: 1, height: 1, display: query ? "inline" : "none" }); // a square
      ring(rings, best, columns, 0.75);
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

  choosingPatches([photo, map], model, words, grid, (row, column) => model.set("query", 1 + row * columns + column));
  return drawOn(model, ["layer", "head", "query"], draw);
}

export default { render };
