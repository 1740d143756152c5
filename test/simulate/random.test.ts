import fc from "fast-check";
import { expect, it } from "vitest";
import { createAgenda } from "../../src/simulate/agenda.ts";
import { createRandom } from "../../src/simulate/random.ts";

it("draws evenly, and as likely as the weights say", () => {
  const random = createRandom(42);
  const draws = Array.from({ length: 20_000 }, () => random.next());
  expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(0.5, 2);
  expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...draws)).toBeLessThan(1);

  const counts = { a: 0, b: 0, never: 0 };
  for (let i = 0; i < 20_000; i++) counts[random.weighted({ a: 3, b: 1, never: 0 })]++;
  expect(counts.a / 20_000).toBeCloseTo(0.75, 1);
  expect(counts.never).toBe(0);
});

it("waits as long as it says on average", () => {
  const random = createRandom(42);
  const waits = Array.from({ length: 20_000 }, () => random.exponential(10));
  expect(waits.reduce((sum, wait) => sum + wait, 0) / waits.length).toBeCloseTo(10, 0);
});

it("takes out what is due first, and of what is due at once what went in first", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const agenda = createAgenda<number>();
      for (const [order, at] of times.entries()) agenda.add(at, order);
      const taken: [number, number][] = [];
      for (let next = agenda.take(); next !== null; next = agenda.take()) taken.push([next.at, next.item]);
      const sorted = times
        .map((at, order): [number, number] => [at, order])
        .toSorted(([one], [other]) => one - other);
      expect(taken).toEqual(sorted);
    }),
  );
});

it("takes in between what is added in between", () => {
  const agenda = createAgenda<string>();
  agenda.add(1, "a");
  agenda.add(5, "e");
  expect(agenda.take()?.item).toBe("a");
  agenda.add(3, "c");
  agenda.add(2, "b");
  expect([agenda.take()?.item, agenda.take()?.item, agenda.take()?.item, agenda.take()]).toEqual([
    "b",
    "c",
    "e",
    null,
  ]);
});
