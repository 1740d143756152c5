import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createTurnstile, type TurnstileOptions } from "../../src/http/turnstile.ts";

/** Turnstile of 5 ms, of which each that begins takes as many as a test says. */
function turnstileWith(options: TurnstileOptions = {}) {
  const clock = { now: 1_000 };
  const turnstile = createTurnstile({ shareMs: 5, now: () => clock.now, ...options });
  const begun: string[] = [];
  async function begin(name: string, ms: number): Promise<void> {
    if (!(await turnstile.enter())) return;
    begun.push(name);
    clock.now += ms;
  }
  return { turnstile, begun, begin };
}

describe("those who ask something of GraphQL", () => {
  it("begin at once while those of the same turn have not had its share", () => {
    const { turnstile } = turnstileWith();
    expect([turnstile.enter(), turnstile.enter(), turnstile.enter()]).toEqual([true, true, true]);
  });

  it("have a turn each once it is used up, in the order in which they came, and so have others in between", async () => {
    const { begun, begin } = turnstileWith();
    await begin("a", 50);
    const waiting = [begin("b", 50), begin("c", 0), begin("d", 50)];
    expect(begun).toEqual(["a"]);
    for (const upTo of ["ab", "abc", "abcd", "abcde"]) {
      await setImmediate();
      expect(begun.join("")).toBe(upTo);
      // Of this one's turn is something left, and another one has waited longer.
      if (upTo === "abc") waiting.push(begin("e", 0));
    }
    await Promise.all(waiting);
  });

  it("begin at once again in a turn that nobody has used up", async () => {
    const { turnstile, begin } = turnstileWith();
    await begin("a", 50);
    await setImmediate();
    expect(turnstile.enter()).toBe(true);
  });

  it("may not begin where too many wait", async () => {
    const { turnstile, begun, begin } = turnstileWith({ mostWaiting: 1 });
    await begin("a", 50);
    const waiting = begin("b", 50);
    expect(turnstile.enter()).toBe(false);
    await waiting;
    expect(begun).toEqual(["a", "b"]);
  });
});
