import fc from "fast-check";
import { expect, it } from "vitest";
import { valuesAt } from "../../src/domain/rank.ts";

/** Of very different sizes, with many that are equal. */
const durations = fc.oneof(
  fc.nat(3),
  fc.integer({ min: 0, max: 53 }).map((bits) => 2 ** bits),
  fc.maxSafeNat(),
  fc.double({ min: 0, max: 1e6, noNaN: true }),
);

it("finds what sorting would put at the places", () => {
  fc.assert(
    fc.property(
      fc.array(durations, { minLength: 1, maxLength: 400, size: "max" }),
      fc.nat(),
      (values, any) => {
        const sorted = values.toSorted((a, b) => a - b);
        const places = [0, values.length - 1, any % values.length];
        const expected = places.map((place) => sorted[place]);
        expect(valuesAt(Float64Array.from(values), places)).toEqual(expected);
      },
    ),
    { numRuns: 100 },
  );
});

it("leaves the values as they were", () => {
  const values = Float64Array.from({ length: 500 }, (_, index) => (index * 7) % 500);
  const before = values.slice();
  expect(valuesAt(values, [250])).toEqual([250]);
  expect(values).toEqual(before);
});

it("finds the place of one among many that are equal", () => {
  expect(valuesAt(new Float64Array(100).fill(5), [50])).toEqual([5]);
});

it("tells apart many that are close to each other and far from 0", () => {
  const values = Float64Array.from({ length: 100 }, (_, index) => 1e12 + index);
  expect(valuesAt(values, [50])).toEqual([1e12 + 50]);
});
