// All heads of a model on a few sentences: choose a head, choose a word, see where it looks.
// The weights come as bytes in the widget's state; nothing here needs a kernel.

// ---- the computation (exported for the tests) ----

/** The weights of one head, N rows of N. */
export function mapOf(bytes, length, heads, layer, head) {
  const start = (layer * heads + head) * length * length;
  return Array.from({ length }, (_, i) => Array.from({ length }, (_, j) => bytes[start + i * length + j] / 255));
}

/** Up to `most` places with the largest weights of at least 0.1, largest first. */
export function strongest(row, most = 3) {
  const places = row.map((weight, place) => ({ weight, place })).filter(({ weight }) => weight >= 0.1);
  return places.sort((a, b) => b.weight - a.weight || a.place - b.place).slice(0, most);
}

/** What the figure shows, in words. */
export function describe(layer, head, kind, share, tokens, query, row) {
  const [name, target] = kind;
  const what = target
    ? `a head of the kind “${name}”: on average ${wholePercent(share)} of its attention goes to ${target}`
    : `a head of the kind “${name}”`;
  const found = strongest(row);
  const looks = found.length
    ? `looks at ${listed(found.map(({ weight, place }) => `“${tokens[place]}” (${spot(place, query)}${wholePercent(weight)})`))}`
    : "gives no token as much as 10\u00a0%";
  return `Layer ${layer + 1}, head ${head + 1}: ${what}. Here “${tokens[query]}” ${looks}.`;
}

function spot(place, query) {
  const away = place - query;
  if (away === 0) return "itself, ";
  if (Math.abs(away) === 1) return away < 0 ? "just before, " : "just after, ";
  return "";
}

/** What stands in a head's button: the kind's first letter; a dash for the last kind, which is none of the others. */
export function letterOf(kinds, number) {
  return number === kinds.length - 1 ? "–" : kinds[number][0][0].toUpperCase();
}

// ---- the figure ----

/** Arrow keys, Home and End among buttons in rows of `width`; the place to go to, or null. */
export function step(key, place, width, count) {
  const column = place % width;
  const to = {
    ArrowLeft: column > 0 ? place - 1 : place,
    ArrowRight: column < width - 1 ? place + 1 : place,
    ArrowUp: place - width,
    ArrowDown: place + width,
    Home: place - column,
    End: place - column + width - 1,
  }[key];
  return to === undefined ? null : to >= 0 && to < count ? to : place;
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const kinds = get("kinds");
  const [layers, heads] = [get("num_layers"), get("num_heads")];
  const maps = get("map_bytes").map(bytesOf);
  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };

  const root = addRoot(el, "head-browser", "Head browser");
  const choose = add(root, "label", { class: "choose" });
  add(choose, "span", {}, "sentence");
  const select = add(choose, "select");
  get("tokens").forEach((tokens, i) => add(select, "option", { value: i }, sentenceOf(tokens)));
  select.addEventListener("change", () => set("sentence", Number(select.value)));

  const parts = add(root, "div", { class: "parts" });

  // 1: the heads, one button each
  const left = add(parts, "div", { class: "part heads" });
  add(left, "p", { class: "title" }, "1. Pick a head");
  const grid = add(left, "div", { class: "grid", role: "group", "aria-label": "heads: a row for each layer" });
  grid.style.setProperty("--heads", heads);
  add(grid, "span", { class: "corner" }, "layer");
  for (let h = 0; h < heads; h++) add(grid, "span", { class: "head-name", "aria-hidden": "true" }, String(h + 1));
  const buttons = [];
  for (let l = 0; l < layers; l++) {
    add(grid, "span", { class: "layer-name", "aria-hidden": "true" }, String(l + 1));
    for (let h = 0; h < heads; h++) {
      const number = get("classes")[l][h];
      const name = `layer ${l + 1}, head ${h + 1}, ${kinds[number][0]}`;
      const attributes = { type: "button", class: `head kind-${number}`, "aria-label": name, "aria-pressed": "false" };
      const button = add(grid, "button", attributes, letterOf(kinds, number));
      button.addEventListener("click", () => pick(l * heads + h));
      buttons.push(button);
    }
  }
  const pick = (place) => {
    set("layer", Math.floor(place / heads));
    set("head", place % heads);
  };
  grid.addEventListener("keydown", (event) => {
    const to = step(event.key, buttons.indexOf(event.target), heads, buttons.length);
    if (to === null || buttons.indexOf(event.target) < 0) return;
    event.preventDefault();
    pick(to);
    buttons[to].focus();
  });
  const legend = add(left, "ul", { class: "legend", "aria-label": "kinds of heads" });
  kinds.forEach(([name], number) => {
    const item = add(legend, "li");
    add(item, "span", { class: `head kind-${number}`, "aria-hidden": "true" }, letterOf(kinds, number));
    add(item, "span", {}, name);
  });

  // 2: its map, a row for each query
  const right = add(parts, "div", { class: "part map" });
  const mapTitle = add(right, "p", { class: "title" });
  const holder = add(right, "div", { class: "holder" });
  const words = addWords(parts);
  let shown = -1;
  let rows = [];

  /** A table for one sentence: a button for each query, a cell for each key. */
  function build(tokens) {
    holder.replaceChildren();
    const table = add(holder, "table");
    table.style.setProperty("--length", tokens.length);
    add(table, "caption", {}, "rows look (query), columns are looked at (key)");
    const header = add(add(table, "thead"), "tr");
    add(header, "td");
    for (const token of tokens) add(add(header, "th", { scope: "col" }), "span", {}, token);
    const body = add(table, "tbody");
    rows = tokens.map((token, i) => {
      const row = add(body, "tr");
      const name = add(row, "th", { scope: "row" });
      const button = add(name, "button", { type: "button", "aria-label": `${token}, word ${i + 1}` }, token);
      button.addEventListener("click", () => set("query", i));
      const cells = tokens.map(() => add(row, "td", { class: "cell" }));
      cells.forEach((cell) => cell.addEventListener("click", () => set("query", i)));
      return { row, button, cells };
    });
    body.addEventListener("keydown", (event) => {
      const at = rows.findIndex(({ button }) => button === event.target);
      const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[event.key];
      if (at < 0 || to === undefined || !rows[to]) return;
      event.preventDefault();
      set("query", to);
      rows[to].button.focus();
    });
  }

  function draw() {
    const [sentence, layer, head] = [get("sentence"), get("layer"), get("head")];
    const tokens = get("tokens")[sentence];
    const query = Math.min(get("query"), tokens.length - 1);
    if (shown !== sentence) build(tokens);
    shown = sentence;
    select.value = String(sentence);
    const map = mapOf(maps[sentence], tokens.length, heads, layer, head);
    buttons.forEach((button, place) => {
      const chosen = place === layer * heads + head;
      button.setAttribute("aria-pressed", String(chosen));
      button.tabIndex = chosen ? 0 : -1; // Tab enters the grid at the chosen head; arrows move inside
    });
    mapTitle.textContent = `2. Layer ${layer + 1}, head ${head + 1}: pick a word`;
    rows.forEach(({ row, button, cells }, i) => {
      row.classList.toggle("chosen", i === query);
      button.setAttribute("aria-pressed", String(i === query));
      button.tabIndex = i === query ? 0 : -1;
      cells.forEach((cell, j) => {
        cell.style.setProperty("--weight", map[i][j].toFixed(3));
        cell.title = `${tokens[i]} → ${tokens[j]}: ${map[i][j].toFixed(2)}`;
      });
    });
    const kind = kinds[get("classes")[layer][head]];
    words.textContent = describe(layer, head, kind, get("shares")[layer][head], tokens, query, map[query]);
    root.dataset.row = JSON.stringify(map[query]);
  }

  return drawOn(model, ["sentence", "layer", "head", "query"], draw);
}

/** Tokens as a line to choose from: pieces of words joined, the marks at both ends left out. */
export function sentenceOf(tokens) {
  return tokens.filter((token) => !/^\[.*\]$/.test(token)).join(" ").replaceAll(" ##", "").replace(/ ([.,?!])/g, "$1");
}

export default { render };
