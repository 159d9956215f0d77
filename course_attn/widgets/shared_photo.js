// ---- a photo beside a map of its patches, shared ----

// The book's colours for weights, from 0 to 1; the same in both themes, as in its pictures.
const STOPS = [[243, 245, 244], [201, 220, 234], [141, 184, 216], [70, 131, 179], [29, 79, 124], [12, 39, 64]];

/** Red, green, blue of a weight from 0 to 1. */
export function colour(value) {
  return blend(STOPS, value);
}

/** Row and column of patch i, in words. */
function spot(i, columns) {
  return `row ${Math.floor(i / columns)}, column ${i % columns}`;
}

/** The photo (of bytes) and an empty map, each with two marks: on the chosen patch (`tag`) and round another one. */
function addPhotoAndMap(root, [rows, columns], [height, width], pixels, tag) {
  const steps = add(root, "div", { class: "steps" });
  const [photo, map] = ["photo", "map"].map((kind) => {
    const box = add(steps, "div", { class: "step" });
    const title = add(box, "p", { class: "title" });
    const svg = add(box, "svg", { viewBox: `0 0 ${columns} ${rows}`, role: "img" });
    const image = add(svg, "image", { x: 0, y: 0, width: columns, height: rows, preserveAspectRatio: "none", class: kind });
    const marks = ["halo", "mark"].map((layer) => [tag, "circle"].map((each) => add(svg, each, { class: layer })));
    return { title, svg, image, chosen: marks.map((pair) => pair[0]), rings: marks.map((pair) => pair[1]) };
  });
  photo.image.setAttribute("href", painted(height, width, (i) => pixels.subarray(3 * i, 3 * i + 3)));
  return [photo, map];
}

/** Put rings round patch i. */
function ring(rings, i, columns, r) {
  put(rings, { cx: (i % columns) + 0.5, cy: Math.floor(i / columns) + 0.5, r });
}

/** A click, tap or drag in either picture chooses a patch: `choose(row, column)`. */
function choosingPatches(pictures, model, words, [rows, columns], choose) {
  const inside = (share, side) => Math.min(side - 1, Math.max(0, Math.floor(share * side)));
  for (const { svg } of pictures) {
    choosing(svg, model, words, (across, down) => choose(inside(down, rows), inside(across, columns)));
  }
}
