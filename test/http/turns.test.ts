import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createTurns, type TurnsOptions } from "../../src/http/turns.ts";

/** Turns of 5 ms, of which each that begins takes as many as a test says. */
function turnsWith(options: TurnsOptions = {}) {
  const clock = { now: 0 };
  const turns = createTurns({ shareMs: 5, now: () => clock.now, ...options });
  const begun: string[] = [];
  async function begin(name: string, ms: number): Promise<void> {
    if (!(await turns.take())) return;
    begun.push(name);
    clock.now += ms;
  }
  return { turns, begun, begin };
}

describe("those who ask something of GraphQL", () => {
  it("begin at once while those of the same turn have not had its share", () => {
    const { turns } = turnsWith();
    expect([turns.take(), turns.take(), turns.take()]).toEqual([true, true, true]);
  });

  it("have a turn each once it is used up, in the order in which they came, and so have others in between", async () => {
    const { begun, begin } = turnsWith();
    await begin("a", 50);
    const waiting = [begin("b", 50), begin("c", 0), begin("d", 50)];
    expect(begun).toEqual(["a"]);
    for (const upTo of ["ab", "abc", "abcd"]) {
      await setImmediate();
      expect(begun.join("")).toBe(upTo);
    }
    await Promise.all(waiting);
  });

  it("begin at once again in a turn that nobody has used up", async () => {
    const { turns, begin } = turnsWith();
    await begin("a", 50);
    await setImmediate();
    expect(turns.take()).toBe(true);
  });

  it("may not begin where too many wait", async () => {
    const { turns, begun, begin } = turnsWith({ mostWaiting: 1 });
    await begin("a", 50);
    const waiting = begin("b", 50);
    expect(turns.take()).toBe(false);
    await waiting;
    expect(begun).toEqual(["a", "b"]);
  });
});
