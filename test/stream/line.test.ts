import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createLine, type For } from "../../src/stream/line.ts";

/** A line whose turns come when they are given, and whose works take as long on its clock as they are said to. */
function lineOfWorks() {
  const turns: (() => void)[] = [];
  const made: string[] = [];
  const dropped: string[] = [];
  let now = 0;
  const line = createLine(
    () => new Promise<void>((resolve) => turns.push(resolve)),
    () => now,
  );
  return {
    made,
    dropped,
    turns,
    /** What is returned has it wanted no more. */
    add(name: string, whom: For, { tookMs = 0, ends = Promise.resolve() } = {}) {
      let isWanted = true;
      const work = {
        isWanted: () => isWanted,
        async begin() {
          made.push(name);
          await ends;
          now += tookMs;
        },
        drop: () => void dropped.push(name),
      };
      line.add(work, whom);
      return { again: (other: For) => line.add(work, other), leave: () => void (isWanted = false) };
    },
    async pass(count: number): Promise<void> {
      for (let turn = 0; turn < count; turn += 1) {
        turns.shift()?.();
        await setImmediate();
      }
    },
  };
}

const replay = (client: object): For => ({ client });

describe("a line of answers to be made", () => {
  it("makes what is live before what is replayed", async () => {
    const { add, pass, made } = lineOfWorks();
    const client = {};
    for (const name of ["a", "b"]) add(name, replay(client));
    add("live", "live");
    await pass(1);
    expect(made).toEqual(["live"]);
    await pass(2);
    expect(made).toEqual(["live", "a", "b"]);
  });

  it("makes nothing that nobody waits for, whose turn is the next one's", async () => {
    const { add, pass, made, dropped } = lineOfWorks();
    const [gone, here] = [{}, {}];
    const left = ["a", "b", "c"].map((name) => add(name, replay(gone)));
    const isLive = add("live", "live");
    add("d", replay(here));
    for (const { leave } of [...left, isLive]) leave();
    await pass(1);
    expect(made).toEqual(["d"]);
    expect(dropped).toEqual(["live", "a", "b", "c"]);
  });

  it("gives every client turns for as long as those of the others took", async () => {
    const { add, pass, made } = lineOfWorks();
    const [heavy, light] = [{}, {}];
    for (let index = 0; index < 4; index += 1) add("heavy", replay(heavy), { tookMs: 50 });
    for (let index = 0; index < 400; index += 1) add("light", replay(light), { tookMs: 0.25 });
    await pass(250);
    const heavies = made.filter((name) => name === "heavy").length;
    expect(heavies).toBeGreaterThanOrEqual(2);
    expect(heavies).toBeLessThanOrEqual(3);
  });

  it("lets no client wait for itself, however far ahead it is of those who are not there", async () => {
    const { add, pass, made } = lineOfWorks();
    const client = {};
    for (const name of ["a", "b", "c"]) add(name, replay(client), { tookMs: 10_000 });
    await pass(3);
    expect(made).toEqual(["a", "b", "c"]);
  });

  it("makes one at a time for a client", async () => {
    const { add, pass, made } = lineOfWorks();
    const client = {};
    const first = Promise.withResolvers<void>();
    add("a", replay(client), { ends: first.promise });
    add("b", replay(client));
    await pass(3);
    expect(made).toEqual(["a"]);
    first.resolve();
    await setImmediate();
    await pass(1);
    expect(made).toEqual(["a", "b"]);
  });

  it("makes once what several wait for, in the first turn of any of them", async () => {
    const { add, pass, made } = lineOfWorks();
    const [one, other] = [{}, {}];
    add("before", replay(one));
    const { again } = add("shared", replay(one));
    again(replay(other));
    again("live");
    await pass(6);
    expect(made).toEqual(["shared", "before"]);
  });

  it("takes few turns for what is replayed to many", () => {
    const { add, turns } = lineOfWorks();
    const { again } = add("shared", replay({}));
    for (let count = 0; count < 100; count += 1) again(replay({}));
    expect(turns).toHaveLength(4);
  });

  it("takes one turn for what is live, however many wait for it", () => {
    const { add, turns } = lineOfWorks();
    const { again } = add("shared", "live");
    for (const whom of ["live", "live", replay({})] as const) again(whom);
    expect(turns).toHaveLength(1);
  });
});
