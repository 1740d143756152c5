import { expect, it } from "vitest";
import { partsOf } from "../../src/store/postgres/parts.ts";

it.each([
  [[], [[]]],
  [
    [3, 3, 3, 3],
    [[3, 3, 3], [3]],
  ],
  [
    [11, 1, 11],
    [[11], [1], [11]],
  ],
  [
    [5, 5, 1],
    [[5, 5], [1]],
  ],
])("%j in parts of 10 are %j", (all, parts) => {
  expect(partsOf(all, (one) => one, 10)).toEqual(parts);
});
