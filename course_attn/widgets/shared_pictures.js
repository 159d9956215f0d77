// ---- pictures made of pixels, shared ----

/** Red, green, blue of a share from 0 to 1, between evenly spaced colours. */
function blend(stops, share) {
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const i = Math.min(Math.floor(at), stops.length - 2);
  return stops[i].map((c, k) => Math.round(c + (at - i) * (stops[i + 1][k] - c)));
}

/** A picture as a link; colourOf(i) gives red, green, blue (and opacity, if not full) of pixel i, row by row. */
function painted(height, width, colourOf) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set([...colourOf(i), 255].slice(0, 4), 4 * i);
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}
