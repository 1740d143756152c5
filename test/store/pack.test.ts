import { describe, expect, it } from "vitest";
import {
  bodiesIn,
  contentsIn,
  fieldsIn,
  fullPacks,
  packBytes,
  packOf,
  packSize,
} from "../../src/store/pack.ts";
import type { ContentRow } from "../../src/store/delivery-rows.ts";

const contents: readonly ContentRow[] = [
  { delivery: 3, body: Buffer.from('{"a":1}\n'), fields: '{"title":"日本語"}' },
  { delivery: 4, body: Buffer.alloc(0), fields: null },
  { delivery: 7, body: null, fields: '{"title":""}' },
  { delivery: 9, body: Buffer.from([0, 255, 10, 0]), fields: null },
];

describe("a pack", () => {
  it("gives back what was packed, byte for byte, pruned bodies and gaps between ids included", () => {
    const pack = packOf(contents);
    expect([pack.first, pack.last]).toEqual([3, 9]);
    expect(contentsIn(pack)).toEqual(contents);
  });

  it("gives one part of some of it, where there is such a part", () => {
    const pack = packOf(contents);
    const some = new Set([3, 7, 9, 100]);
    expect([...bodiesIn(pack, some)]).toEqual([
      [3, contents[0]!.body],
      [9, contents[3]!.body],
    ]);
    expect([...fieldsIn(pack, some)]).toEqual([
      [3, contents[0]!.fields],
      [7, contents[2]!.fields],
    ]);
  });

  it("takes a fraction of the space", () => {
    const body = (index: number) =>
      Buffer.from(JSON.stringify({ action: "created", data: { issue: { id: index } } }));
    const alike = Array.from({ length: 32 }, (_, index) => ({
      delivery: index,
      body: body(index),
      fields: null,
    }));
    const plain = alike.reduce((sum, one) => sum + one.body.length, 0);
    expect(packOf(alike).data.length).toBeLessThan(plain / 3);
  });

  it("says that it is damaged, or of a newer version, rather than give back something else", () => {
    const pack = packOf(contents);
    const data = Buffer.from(pack.data);
    data[data.length - 6]! ^= 1;
    expect(() => contentsIn({ ...pack, data })).toThrow();
    expect(() => contentsIn({ ...pack, dictionary: "sentry-9" })).toThrow("sentry-9");
  });
});

describe("what is packed together", () => {
  const times = (count: number, size: number) => Array<number>(count).fill(size);

  it("is as many as a pack has, of those that are ordinary; what is left waits for more", () => {
    expect(fullPacks(times(2 * packSize + 10, 2_500))).toEqual([packSize, packSize]);
    expect(fullPacks([])).toEqual([]);
  });

  it("is no more than fits, and what is large alone is a pack of its own, however little came before it", () => {
    const half = packBytes / 2;
    expect(fullPacks([half, half, half, half, half])).toEqual([2, 2]);
    expect(fullPacks([100, half + 1, half, 100])).toEqual([2]);
    expect(fullPacks([100, 100, 5 * packBytes, packBytes, 100])).toEqual([2, 1, 1]);
  });
});
