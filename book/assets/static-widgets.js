// Draws the anywidgets of a page from their saved state: no kernel, no requirejs, no other host.
// A widget whose computing is in Python cannot answer here and says so; a widget that fails says so in its place.
(() => {
  "use strict";
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';
  const NEEDS_KERNEL = "This control needs a running kernel: open the page in Colab or Jupyter.";
  const FAILED = "This figure could not be drawn. The text around it says what it shows; reloading the page may help.";

  // Saved byte traits (maps of real models, say) lie in `buffers` as base64; put each back where its path says.
  function restoreBuffers(entry) {
    const state = structuredClone(entry.state);
    for (const { path, encoding, data } of entry.buffers ?? []) {
      if (encoding !== "base64") throw new Error(`widget buffer must be base64, got ${encoding}`);
      const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
      const holder = path.slice(0, -1).reduce((at, key) => at[key], state);
      holder[path.at(-1)] = new DataView(bytes.buffer);
    }
    return state;
  }

  // The part of anywidget's model that a figure without a kernel can use.
  function makeModel(state) {
    const listeners = new Map();
    const fire = (name, ...rest) => [...(listeners.get(name) ?? [])].forEach((listener) => listener(...rest));
    const model = {
      widget_manager: null,
      get: (key) => state[key],
      set(key, value) {
        const changes = typeof key === "object" ? key : { [key]: value };
        const changed = Object.keys(changes).filter((name) => state[name] !== changes[name]);
        for (const name of changed) state[name] = changes[name];
        for (const name of changed) fire(`change:${name}`, model, state[name]);
        if (changed.length) fire("change", model);
      },
      save_changes() {},
      send() {},
      on(names, listener) {
        for (const name of names.split(/\s+/)) listeners.set(name, [...(listeners.get(name) ?? []), listener]);
      },
      off(names, listener) {
        const kept = (name) => (listener ? (listeners.get(name) ?? []).filter((other) => other !== listener) : []);
        for (const name of names ? names.split(/\s+/) : [...listeners.keys()]) listeners.set(name, kept(name));
      },
    };
    return model;
  }

  // One definition and one model for each saved widget, however many views it has.
  async function load(entry) {
    const url = URL.createObjectURL(new Blob([entry.state._esm], { type: "text/javascript" }));
    let module;
    try {
      module = await import(url);
    } finally {
      URL.revokeObjectURL(url);
    }
    const definition = typeof module.default === "function" ? await module.default() : module.default;
    const model = makeModel(restoreBuffers(entry));
    if (entry.state._css) {
      const style = document.createElement("style");
      style.textContent = entry.state._css;
      document.head.append(style);
    }
    await definition.initialize?.({ model });
    return { definition, model };
  }

  function say(box, text) {
    box.className = "widget-note";
    box.replaceChildren(text);
  }

  async function drawAll() {
    const saved = {};
    for (const tag of document.querySelectorAll(STATE)) Object.assign(saved, JSON.parse(tag.textContent).state);
    const loaded = new Map();
    for (const tag of document.querySelectorAll(VIEW)) {
      const box = document.createElement("div");
      tag.after(box);
      try {
        const id = JSON.parse(tag.textContent).model_id;
        const entry = saved[id];
        if (entry?.model_module !== "anywidget") {
          say(box, NEEDS_KERNEL);
          continue;
        }
        box.className = "static-widget";
        if (!loaded.has(id)) loaded.set(id, load(entry));
        const { definition, model } = await loaded.get(id);
        await definition.render?.({ model, el: box });
      } catch (problem) {
        console.error("static-widgets:", problem);
        say(box, FAILED);
      }
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", drawAll);
  else drawAll();
})();
