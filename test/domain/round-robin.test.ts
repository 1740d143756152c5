import { expect, it } from "vitest";
import { createRoundRobin, type RoundRobin } from "../../src/domain/round-robin.ts";

function roundOf(...items: readonly string[]): RoundRobin<string> {
  const round = createRoundRobin<string>();
  for (const item of items) round.add(item[0]!, item);
  return round;
}

function all(take: () => string | undefined): readonly string[] {
  const taken: string[] = [];
  for (let one = take(); one !== undefined; one = take()) taken.push(one);
  return taken;
}

it("gives each client a turn, and what is one's in its order", () => {
  const round = roundOf("a1", "a2", "a3", "b1", "c1", "b2");
  expect(all(round.next)).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  expect(round.size).toBe(0);
});

it("has whoever comes wait for one of each, and not for what they have besides", () => {
  const round = roundOf("a1", "a2", "a3", "b1");
  round.next();
  round.add("c", "c1");
  expect(all(round.next)).toEqual(["b1", "a2", "c1", "a3"]);
});

it("takes the last out of the client that has most, and of several the one whose turn is last", () => {
  const round = roundOf("a1", "b1", "b2", "b3", "a2", "c1");
  expect(all(round.lastOfMost)).toEqual(["b3", "b2", "a2", "c1", "b1", "a1"]);
  expect(round.size).toBe(0);
});

it("forgets what is removed, once", () => {
  const round = roundOf("a1", "a2", "b1");
  for (const item of ["a1", "a1", "b1"]) round.remove(item[0]!, item);
  expect([round.size, all(round.next)]).toEqual([1, ["a2"]]);
});
