/** A random number generator that gives the same numbers for the same seed. Not for secrets. */
export type Random = {
  /** From 0 up to, but not including, 1. */
  readonly next: () => number;
  /** A whole number from 0 up to, but not including, `limit`. */
  readonly below: (limit: number) => number;
  /** From `least` up to, but not including, `most`. */
  readonly between: (least: number, most: number) => number;
  /** True with that probability. */
  readonly chance: (probability: number) => boolean;
  /** One of a list that is not empty. */
  readonly pick: <Item>(items: readonly Item[]) => Item;
  /** One of the keys, each as likely as its weight's share of the sum. */
  readonly weighted: <Key extends string>(weights: Readonly<Record<Key, number>>) => Key;
  /** An exponentially distributed waiting time with this mean. */
  readonly exponential: (mean: number) => number;
  /** Between two positive numbers, with each order of magnitude equally likely. */
  readonly logUniform: (least: number, most: number) => number;
  /** 32 lower-case hex digits. */
  readonly hex32: () => string;
};

/** `seed` is a whole number of 32 bits. The generator is sfc32, seeded by splitmix32. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  const seeded = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  let a = seeded();
  let b = seeded();
  let c = seeded();
  let counter = 1;

  const next32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  // The first numbers still resemble the seed.
  for (let i = 0; i < 12; i++) next32();

  const next = (): number => next32() / 0x1_0000_0000;
  const below = (limit: number): number => Math.floor(next() * limit);
  const hex8 = (): string => {
    const bits = next32();
    return hexOf(bits >>> 24) + hexOf((bits >>> 16) & 255) + hexOf((bits >>> 8) & 255) + hexOf(bits & 255);
  };
  return {
    next,
    below,
    between: (least, most) => least + next() * (most - least),
    chance: (probability) => next() < probability,
    // `below` stays under the length, and the list is not empty.
    pick: (items) => items[below(items.length)]!,
    weighted: (weights) => {
      let sum = 0;
      for (const key in weights) sum += weights[key];
      let left = next() * sum;
      let chosen: keyof typeof weights | undefined;
      for (const key in weights) {
        if (weights[key] <= 0) continue;
        chosen = key;
        left -= weights[key];
        if (left < 0) break;
      }
      if (chosen === undefined) throw new Error("No weight is above zero.");
      return chosen;
    },
    exponential: (mean) => -Math.log(1 - next()) * mean,
    logUniform: (least, most) => least * (most / least) ** next(),
    hex32: () => hex8() + hex8() + hex8() + hex8(),
  };
}

const hexOfBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hexOf(byte: number): string {
  // There is one for each byte.
  return hexOfBytes[byte]!;
}
