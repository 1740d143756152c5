/** Up to this many numbers are sorted. */
const fewToSort = 64;
const slots = 4_096;

/**
 * The numbers at these places, from 0, in ascending order of all.
 *
 * Selects in linear time instead of sorting: the numbers are counted in equal slots, then only those in the slot with
 * the number looked for are counted again.
 */
export function valuesAt(values: Float64Array, places: readonly number[]): readonly number[] {
  if (values.length <= fewToSort) return sortedAt(values, places);
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const width = (high - low) / (slots - 1);
  // They are equal, or so close that the width is rounded to 0.
  if (width === 0) return sortedAt(values, places);

  const counts = new Uint32Array(slots);
  // The lowest and the highest are in different slots, so a slot never has all of them.
  for (const value of values) counts[((value - low) / width) | 0]! += 1;
  return places.map((place) => {
    let [slot, left] = [0, place];
    while (left >= counts[slot]!) {
      left -= counts[slot]!;
      slot += 1;
    }
    const near = new Float64Array(counts[slot]!);
    let found = 0;
    for (const value of values) if ((((value - low) / width) | 0) === slot) near[found++] = value;
    return valuesAt(near, [left])[0]!;
  });
}

function sortedAt(values: Float64Array, places: readonly number[]): readonly number[] {
  const sorted = values.toSorted();
  return places.map((place) => sorted[place]!);
}
