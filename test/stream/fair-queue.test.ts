import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { askedBy } from "../../src/store/asked-by.ts";
import { createFairQueue, type Connection, type For } from "../../src/stream/fair-queue.ts";

/** A queue whose turns come when they are given, and whose works take as long on its clock as they are said to. */
function queueOfWorks() {
  const turns: (() => void)[] = [];
  const made: string[] = [];
  const dropped: string[] = [];
  let now = 0;
  const queue = createFairQueue({
    turn: () => new Promise<void>((resolve) => turns.push(resolve)),
    askedBy,
    now: () => now,
  });
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
      queue.add(work, whom);
      return { again: (other: For) => queue.add(work, other), leave: () => void (isWanted = false) };
    },
    async pass(count: number): Promise<void> {
      for (let turn = 0; turn < count; turn += 1) {
        turns.shift()?.();
        await setImmediate();
      }
    },
  };
}

const live = (...connections: Connection[]): For => ({ is: "live", connections });
const replay = (...connections: Connection[]): For => ({ is: "replay", connections });

const count = (made: readonly string[], name: string): number => made.filter((one) => one === name).length;

describe("a queue of answers to be made", () => {
  it.each(["one", "other"])(
    "makes what is live before what client one replays, for client %s",
    async (client) => {
      const { add, pass, made } = queueOfWorks();
      const connection = { client: "one" };
      for (const name of ["a", "b"]) add(name, replay(connection));
      add("live", live({ client }));
      await pass(1);
      expect(made).toEqual(["live"]);
      await pass(2);
      expect(made).toEqual(["live", "a", "b"]);
    },
  );

  it("makes nothing that nobody waits for, whose turn is the next one's", async () => {
    const { add, pass, made, dropped } = queueOfWorks();
    const [gone, here] = [{ client: "gone" }, { client: "here" }];
    const left = ["a", "b", "c"].map((name) => add(name, replay(gone)));
    const isLive = add("live", live(gone));
    add("d", replay(here));
    for (const { leave } of [...left, isLive]) leave();
    await pass(1);
    expect(made).toEqual(["d"]);
    expect(dropped).toEqual(["live", "a", "b", "c"]);
  });

  it("drops at once what is for nobody", () => {
    const { add, turns, dropped } = queueOfWorks();
    add("a", live());
    expect([turns, dropped]).toEqual([[], ["a"]]);
  });

  it.each([
    ["what is live", live],
    ["replays", replay],
  ])("gives every client turns for as long as those of the others took: %s", async (_, whom) => {
    const { add, pass, made } = queueOfWorks();
    const [heavy, light] = [{ client: "heavy" }, { client: "light" }];
    for (let index = 0; index < 4; index += 1) add("heavy", whom(heavy), { tookMs: 50 });
    for (let index = 0; index < 400; index += 1) add("light", whom(light), { tookMs: 0.25 });
    await pass(250);
    expect(count(made, "heavy")).toBeGreaterThanOrEqual(2);
    expect(count(made, "heavy")).toBeLessThanOrEqual(3);
  });

  it("gives a client no more turns for having many connections", async () => {
    const { add, pass, made } = queueOfWorks();
    for (let index = 0; index < 100; index += 1) {
      const connection = { client: "many" };
      for (const name of ["many", "many"]) add(name, live(connection), { tookMs: 50 });
    }
    const few = { client: "few" };
    for (let index = 0; index < 5; index += 1) add("few", live(few), { tookMs: 50 });
    await pass(12);
    expect(count(made, "few")).toBe(5);
  });

  it("counts what has begun at once on a client's connections for as long as each took", async () => {
    const { add, pass, made } = queueOfWorks();
    const over = Promise.withResolvers<void>();
    const ends = over.promise;
    const connections = [1, 2, 3, 4].map(() => ({ client: "heavy" }));
    for (const connection of [...connections, ...connections])
      add("heavy", live(connection), { tookMs: 50, ends });
    await pass(4);
    over.resolve();
    await setImmediate();
    const light = { client: "light" };
    for (let index = 0; index < 100; index += 1) add("light", live(light), { tookMs: 0.25 });
    await pass(50);
    expect(count(made, "heavy")).toBe(4);
  });

  it("has a client's connections take turns", async () => {
    const { add, pass, made } = queueOfWorks();
    const [one, other] = [{ client: "same" }, { client: "same" }];
    for (let index = 0; index < 100; index += 1) add("one", replay(one), { tookMs: 50 });
    for (let index = 0; index < 3; index += 1) add("other", replay(other), { tookMs: 50 });
    await pass(8);
    expect(count(made, "other")).toBe(3);
  });

  it("goes on with replays beside more that is live than can be made", async () => {
    const { add, pass, made } = queueOfWorks();
    const [heavy, light] = [{ client: "heavy" }, { client: "light" }];
    for (let index = 0; index < 100; index += 1) add("live", live(heavy), { tookMs: 50 });
    for (const connection of [heavy, light])
      for (let index = 0; index < 5; index += 1) add(connection.client, replay(connection), { tookMs: 50 });
    await pass(40);
    expect([count(made, "heavy"), count(made, "light")]).toEqual([5, 5]);
    expect(made.slice(0, 5)).toEqual(Array(5).fill("live"));
  });

  it("lets no client wait for itself, however much it has had", async () => {
    const { add, pass, made } = queueOfWorks();
    const connection = { client: "one" };
    for (const name of ["a", "b", "c"]) add(name, replay(connection), { tookMs: 10_000 });
    await pass(3);
    expect(made).toEqual(["a", "b", "c"]);
  });

  it("makes one at a time for a connection", async () => {
    const { add, pass, made } = queueOfWorks();
    const connection = { client: "one" };
    const first = Promise.withResolvers<void>();
    for (const name of ["a", "b", "c"]) add(name, live(connection), { ends: first.promise });
    await pass(3);
    expect(made).toEqual(["a"]);
    first.resolve();
    await setImmediate();
    await pass(2);
    expect(made).toEqual(["a", "b", "c"]);
  });

  it("makes once what several wait for, in the first turn of any of them", async () => {
    const { add, pass, made } = queueOfWorks();
    const [one, other] = [{ client: "one" }, { client: "other" }];
    add("before", replay(one));
    const { again } = add("shared", replay(one));
    again(replay(other));
    again(live(one));
    await pass(6);
    expect(made).toEqual(["shared", "before"]);
  });

  it("makes what is live in the first turn of any of those who want it", async () => {
    const { add, pass, made } = queueOfWorks();
    const heavy = [1, 2, 3, 4, 5].map(() => ({ client: "heavy" }));
    for (const connection of heavy)
      for (let index = 0; index < 3; index += 1) add("heavy", live(connection), { tookMs: 250 });
    add("shared", live(...heavy, { client: "light" }));
    await pass(2);
    expect(made).toContain("shared");
  });

  it("waits for the turn of one that has less before it, in however many places it is already", async () => {
    const { add, pass, made } = queueOfWorks();
    const busy = [1, 2, 3, 4].map((client) => ({ client: `busy ${client}` }));
    for (const connection of busy) {
      for (let index = 0; index < 10; index += 1) add("dear", replay(connection), { tookMs: 50 });
    }
    const { again } = add("cheap", replay(busy[0]!));
    for (const connection of busy) again(replay(connection));
    again(replay({ client: "light" }));
    await pass(5);
    expect(made).toContain("cheap");
  });

  it.each([
    ["live", live],
    ["replayed", replay],
  ])(
    "makes what is %s in the turn of one who wants it, whatever another of them wants besides",
    async (_, whom) => {
      const { add, pass, made } = queueOfWorks();
      const heavy = () => ({ client: "heavy" });
      for (let index = 0; index < 20; index += 1) add("dear", whom(heavy()), { tookMs: 50 });
      const others = Array.from({ length: 4 }, heavy);
      add("shared", whom(...others, { client: "light" }));
      await pass(2);
      expect(made).toContain("shared");
    },
  );

  it.each([
    ["live", live],
    ["replayed", replay],
  ])(
    "makes what is %s in the turn of one who wants it, whatever another of them has had before",
    async (_, whom) => {
      const { add, pass, made } = queueOfWorks();
      const heavy = [1, 2, 3, 4].map(() => ({ client: "heavy" }));
      const over = Promise.withResolvers<void>();
      for (const connection of heavy) add("dear", whom(connection), { tookMs: 250, ends: over.promise });
      await pass(4);
      for (let index = 0; index < 50; index += 1) add("other", whom({ client: "other" }), { tookMs: 5 });
      over.resolve();
      await pass(1);
      add("shared", whom(...heavy, { client: "light" }));
      await pass(2);
      expect(made).toContain("shared");
    },
  );

  it("counts what one has had who asks again as soon as it has its answer", async () => {
    const { add, pass, made } = queueOfWorks();
    const [one, other] = [{ client: "one" }, { client: "other" }];
    for (let index = 0; index < 5; index += 1) add("quick", replay(other), { tookMs: 1 });
    for (let turn = 0; turn < 7; turn += 1) {
      if (made.at(-1) !== "quick") add("dear", replay(one), { tookMs: 50 });
      await pass(1);
    }
    expect(count(made, "quick")).toBe(5);
  });

  it("has what making it asks of the store asked by the client whose turn it is", async () => {
    const asked: string[] = [];
    const queue = createFairQueue({
      turn: async () => {},
      askedBy(client, ask) {
        asked.push(client);
        return ask();
      },
    });
    const work = { isWanted: () => true, begin: async () => {}, drop() {} };
    queue.add(work, live({ client: "one" }, { client: "other" }));
    await setImmediate();
    expect(asked).toEqual(["one"]);
  });

  it("takes a turn for each, so that many quick ones can be made one straight after the other", () => {
    const { add, turns } = queueOfWorks();
    const connection = { client: "one" };
    for (const name of ["a", "b", "c"]) add(name, live(connection));
    expect(turns).toHaveLength(3);
  });

  it("makes what several wait for on one that is not still being answered", async () => {
    const { add, pass, made } = queueOfWorks();
    const { promise: ends, resolve } = Promise.withResolvers<void>();
    const [busy, idle, other] = [{ client: "busy" }, { client: "idle" }, { client: "other" }];
    add("slow", live(busy), { ends });
    for (let index = 0; index < 3; index += 1) add("other", replay(other), { tookMs: 1 });
    await pass(4);
    add("shared", live(busy, idle));
    await pass(2);
    expect(made).toContain("shared");
    resolve();
  });

  it("takes few turns for what is replayed to many", () => {
    const { add, turns } = queueOfWorks();
    const { again } = add("shared", replay({ client: "first" }));
    for (let index = 0; index < 100; index += 1) again(replay({ client: String(index) }));
    expect(turns).toHaveLength(4);
  });

  it("takes one turn for what is live, however many wait for it", () => {
    const { add, turns } = queueOfWorks();
    const connections = Array.from({ length: 100 }, (_, index) => ({ client: String(index) }));
    add("shared", live(...connections));
    expect(turns).toHaveLength(1);
  });
});
