import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Token } from "../../src/domain/token.ts";
import { startTokenWatch, type KnownToken, type TokenWatch } from "../../src/http/access/token-watch.ts";

const token = (name: string): Token => ({
  name,
  sha256: `sha256 of ${name}`,
  scope: "read",
  projects: "all",
  createdAt: 0,
  expiresAt: null,
});

/** A watch over a list that the test changes, and a clock that it moves; it reads by itself only at first. */
async function watching(tokens: Token[], { apartMs = 1 } = {}) {
  const held = { isHeld: false, listed: () => {}, goOn: Promise.withResolvers<void>() };
  const state = {
    tokens,
    now: 0,
    reads: 0,
    failed: 0,
    isAway: false,
    /** Resolves once the tokens are listed the next time. They are not told before `goOn`. */
    nextList: () => new Promise<void>((resolve) => Object.assign(held, { isHeld: true, listed: resolve })),
    goOn: () => held.goOn.resolve(),
  };
  const watch = await startTokenWatch({
    list: async () => {
      state.reads += 1;
      if (state.isAway) throw new Error("away");
      const listed = [...state.tokens];
      held.listed();
      if (held.isHeld) await held.goOn.promise;
      return listed;
    },
    failed: () => (state.failed += 1),
    everyMs: 2 ** 30,
    apartMs,
    now: () => state.now,
  });
  return Object.assign(watch, { state });
}

async function found({ find }: TokenWatch, name: string): Promise<KnownToken> {
  const token = await find(`sha256 of ${name}`);
  if (token === null || token === "unknown") throw new Error(`${name} was not found`);
  return token;
}

describe("the tokens in memory", () => {
  it("are found without reading", async () => {
    using watch = await watching([token("one")]);
    expect(await watch.find("sha256 of one")).toMatchObject({ token: { name: "one" } });
    expect(watch.state.reads).toBe(1);
  });

  it("are read again for one that is not known, so that a new one counts at once", async () => {
    using watch = await watching([]);
    expect(watch.hasAny()).toBe(false);
    watch.state.tokens.push(token("new"));
    watch.state.now = 100;
    expect(await watch.find("sha256 of new")).not.toBeNull();
    expect(watch.hasAny()).toBe(true);
  });

  it("are read once more for one that may have been made after they began to be read", async () => {
    using watch = await watching([]);
    watch.state.now = 100;
    const listed = watch.state.nextList();
    const unknown = watch.find("sha256 of another");
    await listed;
    watch.state.tokens.push(token("new"));
    const found = watch.find("sha256 of new");
    watch.state.goOn();
    watch.state.now = 200;
    expect(await found).not.toBeNull();
    expect(await unknown).toBeNull();
    expect(watch.state.reads).toBe(3);
  });

  it("are not read for each of many that are not known", async () => {
    using watch = await watching([]);
    watch.state.now = 100;
    await Promise.all(Array.from({ length: 50 }, (_, index) => watch.find(`made up ${index}`)));
    expect(watch.state.reads).toBe(2);
  });

  it("are read again no sooner than some time after they were, and then once for all who wait for it", async () => {
    using watch = await watching([], { apartMs: 100 });
    watch.state.now = 50;
    const first = watch.find("made up");
    // What is due at once comes before this.
    await setTimeout(1);
    expect(watch.state.reads).toBe(1);
    const second = watch.find("made up as well");
    expect([await first, await second, watch.state.reads]).toEqual([null, null, 2]);
  });

  it("are told when they are revoked, and stay what they were when others are", async () => {
    using watch = await watching([token("one"), token("two")]);
    const [one, two] = [await found(watch, "one"), await found(watch, "two")];
    watch.state.tokens.shift();
    watch.state.now = 100;
    await watch.find("anything");
    expect([one.revoked.aborted, two.revoked.aborted]).toEqual([true, false]);
    expect(await watch.find("sha256 of one")).toBeNull();
    watch.state.tokens.shift();
    watch.state.now = 200;
    await watch.find("anything");
    expect(two.revoked.aborted).toBe(true);
  });

  it("are told of to who needs none while there is none", async () => {
    using watch = await watching([]);
    const read = async (...tokens: Token[]) => {
      watch.state.tokens = tokens;
      watch.state.now += 100;
      await watch.find("anything");
      return watch.whileNone();
    };
    const before = watch.whileNone();
    expect(before.aborted).toBe(false);
    expect(await read(token("first"))).toBe(before);
    expect(before.aborted).toBe(true);
    expect((await read()).aborted).toBe(false);
  });

  it("count on while they cannot be read", async () => {
    using watch = await watching([token("one")]);
    watch.state.isAway = true;
    watch.state.now = 100;
    expect(await watch.find("anything")).toBe("unknown");
    expect(await watch.find("sha256 of one")).toMatchObject({ token: { name: "one" } });
    expect(watch.state.failed).toBe(1);
  });

  it("are read again no sooner than that where they could not be read, either", async () => {
    using watch = await watching([], { apartMs: 100 });
    watch.state.isAway = true;
    watch.state.now = 100;
    expect(await watch.find("anything")).toBe("unknown");
    const again = watch.find("anything");
    // What is due at once comes before this.
    await setTimeout(1);
    expect(watch.state.reads).toBe(2);
    expect([await again, watch.state.reads]).toEqual(["unknown", 3]);
  });
});
