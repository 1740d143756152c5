/** Of no more than these the place is found by sorting. */
const fewToSort = 64;
const slots = 4_096;

/**
 * The number at this place, from 0, once they were in ascending order.
 *
 * In time proportional to how many there are, which sorting them is not: they are counted by their size, coarsely, and
 * then again those alone that are about as large as the one that is looked for.
 */
export function valueAt(values: ArrayLike<number>, place: number): number {
  let among = values;
  let left = place;
  for (;;) {
    if (among.length <= fewToSort) return Float64Array.from(among).sort()[left]!;
    let [low, high] = [Infinity, -Infinity];
    for (let at = 0; at < among.length; at += 1) {
      const value = among[at]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const width = (high - low) / (slots - 1);
    // Or they are so alike that nothing is left of the difference.
    if (width === 0) return low === high ? low : Float64Array.from(among).sort()[left]!;
    const slotOf = (value: number) => Math.min(slots - 1, Math.floor((value - low) / width));

    const counts = new Uint32Array(slots);
    for (let at = 0; at < among.length; at += 1) counts[slotOf(among[at]!)]! += 1;
    let slot = 0;
    while (left >= counts[slot]!) {
      left -= counts[slot]!;
      slot += 1;
    }
    // Never all of them: the lowest and the highest are in different slots.
    const near = new Float64Array(counts[slot]!);
    let found = 0;
    for (let at = 0; at < among.length; at += 1) {
      const value = among[at]!;
      if (slotOf(value) !== slot) continue;
      near[found] = value;
      found += 1;
    }
    among = near;
  }
}
