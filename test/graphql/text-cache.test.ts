import { expect, it } from "vitest";
import { createTextCache } from "../../src/graphql/caching/text-cache.ts";

it("what is known of texts is known until others, as long together as may be, were asked for since", () => {
  const cache = createTextCache<{ readonly value: number }>();
  const get = (text: string) => cache.get(text)?.value;
  const set = (text: string, value: number) => cache.set(text, { value });
  // Of 16 kB each, of which 32 are kept.
  const text = (index: number) => String(index).padEnd(16 * 1024, " ");
  for (let index = 0; index < 32; index += 1) set(text(index), index);
  expect(get(text(0))).toBe(0);
  set(text(32), 32);
  expect([0, 1, 2, 32].map((index) => get(text(index)))).toEqual([0, undefined, 2, 32]);
  set(text(2), 200);
  expect([get(text(2)), get(text(3))]).toEqual([200, 3]);
});

it("nothing is kept of a text that is longer, nor is anything forgotten for it", () => {
  const cache = createTextCache<{ readonly value: number }>();
  const [short, longer] = ["", "x".repeat(16 * 1024 + 1)];
  cache.set(short, { value: 1 });
  cache.set(longer, { value: 2 });
  expect([cache.get(short)?.value, cache.get(longer)]).toEqual([1, undefined]);
});
