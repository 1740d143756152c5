import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  createTurnstile,
  enterLater,
  type Turnstile,
  type TurnstileOptions,
} from "../../src/http/limits/turnstile.ts";

/** Turnstile of 5 ms, of which each that begins takes as many as a test says. */
function turnstileWith(options: TurnstileOptions = {}) {
  const clock = { now: 1_000 };
  const turnstile = createTurnstile({ shareMs: 5, now: () => clock.now, ...options });
  const begun: string[] = [];
  const beginBy = (enter: Turnstile["enter"]) => async (name: string, ms: number, client?: string) => {
    if (!(await enter(client))) return;
    begun.push(name);
    clock.now += ms;
  };
  const [begin, beginLater] = [beginBy(turnstile.enter), beginBy(() => enterLater(turnstile))];
  return { turnstile, begun, begin, beginLater };
}

describe("those who ask something of GraphQL", () => {
  it("begin at once while those of the same turn have not had its share", () => {
    const { turnstile } = turnstileWith();
    expect([turnstile.enter(), turnstile.enter(), turnstile.enter()]).toEqual([true, true, true]);
  });

  it("begin later where many ask before any has done anything, so that each sees what those before it took", async () => {
    const { begun, beginLater } = turnstileWith();
    const waiting = [beginLater("a", 3), beginLater("b", 3), beginLater("c", 3), beginLater("d", 3)];
    const seen: string[] = [];
    while (begun.length < 4) {
      await setImmediate();
      if (seen.at(-1) !== begun.join("")) seen.push(begun.join(""));
    }
    await Promise.all(waiting);
    expect(seen).toEqual(["ab", "abcd"]);
  });

  it("wait for later turns once it is used up, and have a share of each, in the order in which they came", async () => {
    const { begun, begin } = turnstileWith();
    await begin("a", 50);
    const waiting = [begin("b", 50), begin("c", 3), begin("d", 50), begin("e", 0)];
    const seen = [begun.join("")];
    while (begun.length < 6) {
      await setImmediate();
      if (seen.at(-1) === begun.join("")) continue;
      seen.push(begun.join(""));
      // Before it others wait, though nobody has begun in this turn.
      if (seen.length === 2) waiting.push(begin("f", 0));
    }
    await Promise.all(waiting);
    expect(seen).toEqual(["a", "ab", "abcd", "abcdef"]);
  });

  it("all come in, however many wait and however little each takes", async () => {
    const { begun, begin } = turnstileWith();
    await begin("first", 50);
    const names = Array.from({ length: 1_000 }, (_, at) => String(at));
    await Promise.all(names.map((name) => begin(name, 0)));
    expect(begun).toEqual(["first", ...names]);
  });

  it("begin at once again in a turn that nobody has used up", async () => {
    const { turnstile, begin } = turnstileWith();
    await begin("a", 50);
    await setImmediate();
    expect(turnstile.enter()).toBe(true);
  });

  it("are refused where there is no room for their bytes, and nobody else is", async () => {
    const { turnstile, begin } = turnstileWith({ mostWaitingBytes: 100 });
    expect(turnstile.enter("a", 200)).toBe(true);
    await begin("first", 50);
    const enter = async (client: string, bytes?: number) => turnstile.enter(client, bytes);
    const waiting = [enter("a", 40), enter("a"), enter("a", 60), enter("b", 1), enter("c")];
    expect(await Promise.all(waiting)).toEqual([true, true, true, false, true]);
    // What has begun holds nothing here any more.
    await begin("another", 50);
    expect(await turnstile.enter("a", 100)).toBe(true);
  });

  it("take turns by client, however many one of them has waiting", async () => {
    const { begun, begin } = turnstileWith();
    await begin("a1", 50, "a");
    const waiting = ["a2", "a3", "a4", "b1", "b2", "c1"].map((name) => begin(name, 50, name[0]));
    await Promise.all(waiting);
    expect(begun).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
  });

  it("may not begin once they have waited for too long", async () => {
    const { turnstile, begun, begin } = turnstileWith({ waitMs: 100 });
    await begin("a", 50);
    const waiting = [begin("b", 50), begin("c", 51), begin("late", 50), begin("later", 0)];
    await setImmediate();
    await Promise.all(waiting);
    expect(begun).toEqual(["a", "b", "c"]);
    await setImmediate();
    expect(turnstile.enter()).toBe(true);
  });

  it("may not begin where too many wait, those who came last of the client that has most", async () => {
    const { begun, begin } = turnstileWith({ mostWaiting: 3 });
    await begin("a1", 50, "a");
    await Promise.all(["a2", "a3", "a4", "a5", "b1", "c1"].map((name) => begin(name, 50, name[0])));
    expect(begun).toEqual(["a1", "a2", "b1", "c1"]);
  });
});
