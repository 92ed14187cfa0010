/** A point for each value, the newest at the right edge: the `points` of an SVG polyline in a box of that size. */
export function linePoints(values: readonly number[], places: number, width: number, height: number): string {
  const top = scaleTop(values);
  const step = width / Math.max(1, places - 1);
  return values
    .slice(-places)
    .map((value, index, shown) => {
      const x = width - (shown.length - 1 - index) * step;
      const y = height - (Math.max(0, value) / top) * height;
      return `${round(x)},${round(y)}`;
    })
    .join(" ");
}

/** The value at the upper edge: the next of 1, 2, 5, 10, 20, … above all of them. Scales begin at nought, so that what is small looks small. */
export function scaleTop(values: readonly number[]): number {
  let largest = 0;
  for (const value of values) if (Number.isFinite(value) && value > largest) largest = value;
  if (largest === 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(largest));
  for (const step of [1, 2, 5, 10]) if (step * unit >= largest) return step * unit;
  return 10 * unit;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
