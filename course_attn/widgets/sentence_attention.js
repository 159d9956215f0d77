// One sentence, one picked word: how much of every word the picked one takes.
// The weights come as bytes in the widget's state; nothing here needs a kernel.
const ALL = -1;

// ---- the computation (exported for the tests) ----

/** Whether a token is one of the model's own, such as [CLS]. */
export function isMark(token) {
  return /^\[.+\]$/.test(token);
}

/** The weights of one word, averaged over the chosen layers and heads; marks left out, if so wished. */
export function weightsOf(bytes, tokens, layers, heads, { layer, head, word, wordsOnly }) {
  const n = tokens.length;
  const chosen = (pick, count) => (pick === ALL ? Array.from({ length: count }, (_, i) => i) : [pick]);
  const sum = Array(n).fill(0);
  for (const l of chosen(layer, layers)) {
    for (const h of chosen(head, heads)) {
      const start = ((l * heads + h) * n + word) * n;
      for (let j = 0; j < n; j++) sum[j] += bytes[start + j];
    }
  }
  const kept = sum.map((s, j) => (wordsOnly && isMark(tokens[j]) ? 0 : s));
  const total = kept.reduce((a, b) => a + b, 0); // bytes of a row need not sum to 255: rounding
  return kept.map((s) => (total > 0 ? s / total : 0));
}

/** The layer and head in which the word gives most to one other word, marks not counted. */
export function sharpest(bytes, tokens, layers, heads, word) {
  const n = tokens.length;
  let best = { layer: 0, head: 0, weight: -1 };
  for (let l = 0; l < layers; l++) {
    for (let h = 0; h < heads; h++) {
      for (let j = 0; j < n; j++) {
        const weight = bytes[((l * heads + h) * n + word) * n + j];
        if (j !== word && !isMark(tokens[j]) && weight > best.weight) best = { layer: l, head: h, weight };
      }
    }
  }
  return best;
}

/** Which maps are shown, in words. */
export function source(layer, head) {
  if (layer === ALL && head === ALL) return "On average over all layers and heads";
  if (layer === ALL) return `In head ${head + 1}, on average over the layers`;
  if (head === ALL) return `In layer ${layer + 1}, on average over its heads`;
  return `In layer ${layer + 1}, head ${head + 1}`;
}

/** What the figure shows, in words. */
export function describe(tokens, weights, { layer, head, word, wordsOnly }) {
  const ranked = weights.map((weight, place) => ({ weight, place })).sort((a, b) => b.weight - a.weight || a.place - b.place);
  const top = ranked.slice(0, 3).filter(({ weight }) => weight >= 0.005);
  const parts = top.map(({ weight, place }) => `${wholePercent(weight)} to ${place === word ? "itself" : `“${tokens[place]}”`}`);
  const most = listed(parts) ?? "nothing to any word";
  return `${source(layer, head)}, “${tokens[word]}” gives ${most}.${wordsOnly ? "" : " Marks in brackets count."}`;
}

// ---- the figure ----

function render({ model, el }) {
  const get = (name) => model.get(name);
  const sentences = get("sentences");
  const [layers, heads] = [get("num_layers"), get("num_heads")];
  const bytes = get("map_bytes").map(bytesOf);

  const root = addRoot(el, "sentence-attention", "Attention in a sentence");
  const controls = add(root, "div", { class: "controls" });
  const choice = (label, trait, options) => {
    const box = add(controls, "label", { class: trait });
    add(box, "span", {}, label);
    const select = add(box, "select");
    for (const [value, text] of options) add(select, "option", { value }, text);
    select.addEventListener("change", () => change({ [trait]: Number(select.value) }));
    return select;
  };
  const plain = (tokens) => tokens.filter((token) => !isMark(token)).join(" ").replace(/ (?=[.,;:?!'’])|(?<=['’]) (?=[a-z]\b)/g, "").replace(/ ##/g, "");
  const numbered = (count, all) => [[ALL, all], ...Array.from({ length: count }, (_, i) => [i, String(i + 1)])];
  const selects = {
    sentence: choice("sentence", "sentence", sentences.map((tokens, i) => [i, plain(tokens)])),
    layer: choice("layer", "layer", numbered(layers, "all")),
    head: choice("head", "head", numbered(heads, "all")),
  };
  const tick = add(controls, "label", { class: "tick" });
  const box = add(tick, "input", { type: "checkbox" });
  add(tick, "span", {}, "words only, without [CLS] and [SEP]");
  box.addEventListener("change", () => change({ words_only: box.checked }));
  const find = add(controls, "button", { type: "button" }, "Find this word’s sharpest head");
  find.addEventListener("click", () => {
    const { layer, head } = sharpest(bytes[get("sentence")], sentences[get("sentence")], layers, heads, current());
    change({ layer, head });
  });
  add(root, "p", { class: "hint" }, "Pick a word. The height of a bar is the share of that word in the picked one’s mixture.");
  const line = add(root, "div", { class: "line", role: "group", "aria-label": "words of the sentence" });
  const words = addWords(root);
  let buttons = [];
  let shown = -1;

  function current() {
    return Math.min(get("word"), sentences[get("sentence")].length - 1);
  }

  function change(values) {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  }

  function lay(tokens) {
    line.replaceChildren();
    buttons = tokens.map((token, i) => {
      const button = add(line, "button", { type: "button", class: isMark(token) ? "token mark" : "token" });
      const track = add(button, "span", { class: "track", "aria-hidden": "true" });
      const bar = add(track, "span", { class: "bar" });
      const name = add(button, "span", { class: "name" }, token);
      const share = add(button, "span", { class: "share" });
      button.addEventListener("click", () => change({ word: i }));
      button.addEventListener("keydown", (event) => {
        const to = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: tokens.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        const target = Math.min(Math.max(to, 0), tokens.length - 1);
        change({ word: target });
        buttons[target].button.focus();
      });
      return { button, bar, name, share };
    });
  }

  function draw() {
    const number = get("sentence");
    const tokens = sentences[number];
    if (number !== shown) {
      lay(tokens);
      shown = number;
    }
    const state = { layer: get("layer"), head: get("head"), word: current(), wordsOnly: get("words_only") };
    const weights = weightsOf(bytes[number], tokens, layers, heads, state);
    buttons.forEach(({ button, bar, share }, i) => {
      const picked = i === state.word;
      button.setAttribute("aria-pressed", picked);
      button.tabIndex = picked ? 0 : -1; // one stop for the tab key; arrow keys walk along the sentence
      button.classList.toggle("left-out", state.wordsOnly && isMark(tokens[i]));
      bar.style.height = `${100 * weights[i]}%`;
      share.textContent = weights[i] >= 0.005 ? wholePercent(weights[i]) : "\u00a0";
    });
    for (const [name, select] of Object.entries(selects)) select.value = get(name);
    box.checked = state.wordsOnly;
    words.textContent = describe(tokens, weights, state);
    root.dataset.weights = JSON.stringify(weights);
  }

  return drawOn(model, ["sentence", "word", "layer", "head", "words_only"], draw);
}

export default { render };
