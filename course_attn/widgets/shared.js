// What every figure uses. The text of this file is put in front of the figure's own (see _code.py): one module, no import.
const SVG = "http://www.w3.org/2000/svg";

/** Bytes out of their base64 text. */
export function bytesOf(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** Two decimals, with a true minus and no "−0.00". */
function number(x) {
  return (Math.abs(x) < 0.005 ? 0 : x).toFixed(2).replace("-", "−");
}

/** A whole number or its text, with thin spaces between thousands. */
function grouped(whole) {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A share as a whole number of hundredths. */
function wholePercent(share) {
  return `${Math.round(100 * share)}\u00a0%`;
}

/** "a", "a and b", "a, b and c" */
function listed(parts) {
  return parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts[0];
}

/** Give each element these attributes. */
function put(elements, attributes) {
  for (const element of elements) {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  }
}

/** A new element at the end of another one. */
function add(parent, tag, attributes = {}, text = "") {
  const element = parent.namespaceURI === SVG || tag === "svg"
    ? document.createElementNS(SVG, tag) : document.createElement(tag);
  put([element], attributes);
  // JupyterLab 4 takes the arrow keys of whatever has the focus (seen in 4.6.6: its shortcuts are for
  // ".jp-Notebook.jp-mod-commandMode … :focus"), unless that very element says this; said of the root it does not help.
  if (/^(button|input|select)$/.test(tag)) element.dataset.lmSuppressShortcuts = "true";
  element.textContent = text;
  parent.append(element);
  return element;
}

/** The element that holds a figure; its class is the one that the style sheet is about. */
function addRoot(el, name, label) {
  return add(el, "div", { class: name, role: "group", "aria-label": `${label}: a figure to touch` });
}

/** The sentence that says what a figure shows; a screen reader hears it when it changes. */
function addWords(parent) {
  return add(parent, "p", { class: "words", role: "status", "aria-live": "polite" });
}

/** Draw now and whenever one of the traits changes; returns what ends it. */
function drawOn(model, names, draw) {
  const events = names.map((name) => `change:${name}`);
  events.forEach((event) => model.on(event, draw));
  draw();
  return () => events.forEach((event) => model.off(event, draw));
}
