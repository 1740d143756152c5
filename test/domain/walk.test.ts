import { describe, expect, it } from "vitest";
import { addDelivery, deriveHistory, eventsLeft } from "../../src/domain/history.ts";
import { letGo, startWalk, type Walk } from "../../src/domain/walk.ts";
import type { Stop } from "../../src/domain/stop.ts";
import { arrivals, historyOf, lineOf, numbered, sent, toAda, toTeam } from "./scenario.ts";

/**
 * How far a late delivery reaches. The walk stops where the same is known again, so each of these is something that is
 * known and that alone makes a later delivery tell another story. Every history is checked in every order of arrival.
 */
describe("a late delivery changes what a later one tells", () => {
  const created = sent("08:00", "created", "unresolved/new", { lastSeen: "08:00" });

  it("by a substatus that those between do not show", () => {
    const discovered = sent("08:00", "assigned", "unresolved");
    const silent = sent("09:00", "assigned", "unresolved");
    const settled = sent("10:00", "assigned", "unresolved/ongoing");
    expect(historyOf(discovered, silent, settled)).toHaveLength(3);
    expect(historyOf(discovered, silent, settled, sent("08:30", "assigned", "unresolved/new"))[3]).toBe(
      "09:00:00..10:00:00 INFERRED unresolved/new → unresolved/ongoing SETTLED by 3",
    );
  });

  it("by the time at which a stay began", () => {
    const resolved = sent("09:00", "resolved", "resolved");
    const regressed = sent("09:02", "unresolved", "unresolved/regressed");
    const behind = sent("09:10", "resolved", "unresolved/regressed");
    expect(historyOf(created, resolved, regressed, behind)).toHaveLength(3);
    expect(historyOf(created, resolved, regressed, behind, sent("08:50", "resolved", "resolved"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "08:50:00 REPORTED unresolved/new → resolved RESOLVED by 5",
      "09:02:00 REPORTED resolved → unresolved/regressed REGRESSED by 3",
      "09:10:00 REPORTED unresolved/regressed → resolved RESOLVED by 4",
      "09:10:00..09:10:00 INFERRED resolved → unresolved/regressed REGRESSED by 4",
    ]);
  });

  it("by a stay that is over", () => {
    for (const [says, shows] of [
      ["resolved", "resolved"],
      ["ignored", "ignored"],
    ] as const) {
      const settled = sent("09:02", "assigned", "unresolved/ongoing");
      const assigned = sent("09:03", "assigned", "unresolved/ongoing");
      const behind = sent("09:10", says, "unresolved/ongoing");
      expect(historyOf(created, settled, assigned, behind)).toHaveLength(6);
      expect(historyOf(created, settled, assigned, behind, sent("09:01", says, shows))).toHaveLength(5);
    }
    const resolved = sent("09:03", "assigned", "resolved");
    const assigned = sent("09:04", "assigned", "resolved");
    const behind = sent("09:10", "unresolved", "resolved");
    const reopened = sent("09:02", "unresolved", "unresolved/ongoing");
    const first = sent("08:50", "ignored", "ignored");
    expect(historyOf(created, first, resolved, assigned, behind)).toHaveLength(7);
    expect(historyOf(created, first, resolved, assigned, behind, reopened)).toHaveLength(6);
  });

  it("by what it tells, which nothing else can tell then", () => {
    const assigned = sent("09:00", "assigned", "resolved");
    const again = sent("09:30", "assigned", "resolved");
    const last = sent("10:00", "resolved", "resolved", { count: 7 });
    expect(historyOf(created, assigned, again, last)).toHaveLength(4);
    expect(historyOf(created, assigned, again, last, sent("09:10", "resolved", "resolved"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED told by 5",
      "09:00:00 REPORTED assigned by 2",
      "09:30:00 REPORTED assigned by 3",
      "10:00:00 REPORTED resolved by 4",
    ]);
  });

  it("by being the opening, so that none that follows it is", () => {
    const regressed = sent("08:00", "unresolved", "unresolved/regressed");
    const assigned = sent("09:00", "assigned", "unresolved/regressed");
    const behind = sent("10:00", "unresolved", "resolved");
    expect(historyOf(regressed, assigned, behind)).toEqual([
      "08:00:00 REPORTED – → unresolved/regressed REGRESSED by 1",
      "09:00:00 REPORTED assigned by 2",
      "10:00:00 REPORTED unresolved by 3",
      "09:00:00..10:00:00 INFERRED unresolved/regressed → resolved RESOLVED by 3",
    ]);
    expect(
      historyOf(regressed, assigned, behind, sent("07:00", "created", "unresolved/new")).slice(3),
    ).toEqual([
      "09:00:00 REPORTED assigned by 2",
      "09:00:00..10:00:00 INFERRED unresolved/regressed → resolved RESOLVED by 3",
    ]);
  });

  it("by the newest snapshot, which those after it can be older than", () => {
    const resolved = sent("09:00", "resolved", "resolved", { lastSeen: "08:50" });
    const unknown = sent("09:00:12", "assigned", "resolved");
    const older = sent("09:00:20", "assigned", "unresolved/new", { lastSeen: "08:40" });
    expect(historyOf(created, resolved, unknown, older).slice(3)).toEqual([
      "09:00:12..09:00:20 INFERRED resolved → unresolved/new REGRESSED by 4",
      "09:00:20 REPORTED assigned by 4",
    ]);
    const newer = sent("09:00:10", "assigned", "resolved", { lastSeen: "08:55" });
    expect(historyOf(created, resolved, unknown, older, newer).slice(3)).toEqual([
      "09:00:12 REPORTED assigned by 3",
      "09:00:20 REPORTED assigned by 4",
    ]);
  });

  it("by a snapshot that the issue shows, since those after it are stale", () => {
    const first = sent("08:00:00", "created", "unresolved/new", { lastSeen: "07:59", count: 5 });
    const stale = sent("08:00:10", "created", "unresolved/new", { lastSeen: "07:58" });
    const shown = sent("08:00:05", "created", "unresolved/new", { lastSeen: "07:59" });
    const staleToo = sent("08:00:12", "assigned", "unresolved/new", { lastSeen: "07:58" });
    expect(historyOf(first, stale, staleToo)).toHaveLength(2);
    expect(historyOf(first, stale, staleToo, shown)).toHaveLength(3);
  });

  it("by dating `created`, from which on a state is known to have lasted", () => {
    const held = sent("08:05", "created", "unresolved/new", { lastSeen: "08:00" });
    const stale = sent("08:05:05", "assigned", "unresolved/new", { lastSeen: "07:59" });
    const resolved = sent("09:00", "assigned", "resolved");
    expect(historyOf(held, stale, resolved)[2]).toBe(
      "08:05:00..09:00:00 INFERRED unresolved/new → resolved RESOLVED by 3",
    );
    const early = sent("08:02", "assigned", "unresolved/new", { lastSeen: "07:58" });
    expect(historyOf(held, stale, resolved, early)[3]).toBe(
      "08:00:00..09:00:00 INFERRED unresolved/new → resolved RESOLVED by 3",
    );
  });

  it("by coming between a body and the same body again", () => {
    const body = { body: "A", lastSeen: "08:30" };
    const first = sent("09:00", "assigned", "unresolved/new", body);
    const replayed = sent("09:20", "assigned", "unresolved/new", { ...body, requestId: "B" });
    const other = sent("09:10", "assigned", "unresolved/new", { lastSeen: "08:30" });
    // Right after itself it is nothing; after an equal snapshot it is real; after a newer one it is nothing again.
    expect(historyOf(created, first, replayed)).toHaveLength(2);
    expect(historyOf(created, first, replayed, other)).toHaveLength(4);
    const newer = sent("09:05", "assigned", "unresolved/new", { lastSeen: "08:40" });
    expect(historyOf(created, first, replayed, other, newer)).toHaveLength(4);
  });

  it("by coming between them, though its own snapshot shows nothing", () => {
    const body = { body: "A", lastSeen: "08:59" };
    const first = sent("09:00:00", "assigned", "unresolved/new", body);
    const again = sent("09:00:20", "assigned", "unresolved/new", body);
    const older = sent("09:00:10", "assigned", "unresolved/new", { lastSeen: "08:50" });
    expect(historyOf(created, first, again)).toHaveLength(2);
    expect(historyOf(created, first, again, older)).toHaveLength(4);
  });

  it("by coming between the same two, though a still newer snapshot came before both", () => {
    const at = (time: string, body: string, lastSeen: string) =>
      sent(time, "assigned", "unresolved/new", { lastSeen, body });
    const newest = at("08:30", "A", "08:29");
    const old = at("09:00", "B", "08:10");
    const between = sent("09:10", "assigned", "unresolved/new");
    const again = at("09:20", "B", "08:10");
    const newer = at("09:05", "C", "08:20");
    expect(historyOf(created, newest, old, between, again)).toHaveLength(5);
    expect(historyOf(created, newest, old, newer, between, again)).toHaveLength(5);
    // The same delivery was sent before them, so it is not between them after all.
    const before = at("08:40", "C", "08:20");
    const [first, second] = [before, newer].map((one) => ({ ...one, requestId: "R" }));
    expect(historyOf(created, newest, first!, second!, old, between, again)).toHaveLength(6);
  });

  it("by being the same delivery, sent before what stays as it was", () => {
    const once = { body: "A", requestId: "A" };
    const resolved = sent("09:00", "resolved", "resolved", { lastSeen: "08:59" });
    const settled = sent("10:00", "assigned", "unresolved/ongoing", once);
    const last = sent("11:00", "assigned", "unresolved/ongoing");
    const earlier = sent("08:40", "assigned", "unresolved/ongoing", once);
    expect(historyOf(created, resolved, settled, last, earlier)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "08:00:00..08:40:00 INFERRED unresolved/new → unresolved/ongoing SETTLED by 5",
      "08:40:00 REPORTED assigned by 5",
      "09:00:00 REPORTED unresolved/ongoing → resolved RESOLVED by 2",
      "09:00:00..11:00:00 INFERRED resolved → unresolved/ongoing REGRESSED by 4",
      "11:00:00 REPORTED assigned by 4",
    ]);
  });

  it("by being the same delivery, sent before what it was taken to tell", () => {
    const once = { body: "A", requestId: "A" };
    const reopened = sent("08:40", "unresolved", "unresolved/ongoing");
    const assigned = sent("09:00", "assigned", "resolved");
    const told = sent("10:00", "resolved", "resolved", once);
    expect(historyOf(created, reopened, assigned, told)[2]).toBe(
      "09:00:00 REPORTED unresolved/ongoing → resolved RESOLVED told by 4",
    );
    const earlier = sent("08:30", "resolved", "resolved", once);
    expect(historyOf(created, reopened, assigned, told, earlier)[3]).toBe(
      "08:40:00..09:00:00 INFERRED unresolved/ongoing → resolved RESOLVED by 3",
    );
  });

  it("by taking its claim, so that what it shows comes before", () => {
    const key = { idempotencyKey: "K" };
    const assigned = sent("09:00", "assigned", "resolved");
    const behind = sent("09:05", "resolved", "unresolved/regressed", key);
    const told = sent("09:06", "unresolved", "unresolved/regressed");
    const first = sent("09:01", "resolved", "resolved", key);
    expect(historyOf(created, assigned, behind, told, first)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED told by 5",
      "09:00:00 REPORTED assigned by 2",
      "09:05:00 REPORTED resolved → unresolved/regressed REGRESSED told by 4",
    ]);
  });

  it("by showing who the issue was assigned to before", () => {
    const assigned = sent("09:00", "assigned", "unresolved/ongoing", { assignee: toTeam });
    // Sent with `created`, so that the window of what is inferred stays what it was.
    const late = sent("08:00", "assigned", "unresolved/new", { assignee: toAda });
    expect(historyOf(created, assigned, late)).toHaveLength(4);
    const entries = arrivals(created, assigned, late).at(-1)!.entries;
    expect(entries.map(({ event }) => [event.role, event.assignee?.name])).toEqual([
      ["report", "Ada"],
      ["before", "Ada"],
    ]);
  });
});

it("finds the same body again that a late delivery comes between, after its beginning was let go of", () => {
  const at = (time: string, body: string, lastSeen: string) =>
    sent(time, "assigned", "unresolved/new", { lastSeen, body });
  const facts = numbered([
    sent("08:00", "created", "unresolved/new", { lastSeen: "08:00" }),
    at("08:30", "A", "08:29"),
    at("09:00", "B", "08:10"),
    sent("09:10", "assigned", "unresolved/new"),
    at("09:20", "B", "08:10"),
    at("09:05", "C", "08:20"),
  ]);
  const walk = startWalk(facts.slice(0, -1));
  expect(letGo(walk, 3)).toHaveLength(2);
  addDelivery(walk, facts.at(-1)!);
  const whole = deriveHistory(facts).events.map(lineOf);
  expect(eventsLeft(walk).map(lineOf)).toEqual(whole.slice(2));
});

describe("what is sent again and again", () => {
  const created = sent("08:00", "created", "unresolved/new", { lastSeen: "08:00" });
  const assigned = (time: string, body: string, lastSeen: string) =>
    sent(time, "assigned", "unresolved/new", { lastSeen, body });
  const newest = assigned("08:10", "N", "08:09");
  const again = assigned("08:30", "A", "08:05");
  const newer = assigned("08:40", "B", "08:06");
  const stillNewer = assigned("08:41", "C", "08:40");
  /** The same body, each time under a Request-ID of its own. */
  const replays = (count: number, idempotencyKey: string | null = null) =>
    Array.from({ length: count }, (_, n) => ({
      ...again,
      idempotencyKey,
      sentAt: again.sentAt + 3_600_000 + n * 1000,
      requestId: `R${n}`,
    }));
  const ways = [
    ["nothing in between", [created, again]],
    ["a newer snapshot in between", [created, again, stillNewer]],
    ["a newer snapshot in between, and a still newer one before", [created, newest, again, newer]],
  ] as const;

  it.each(ways)("is held no longer than what came once: %s", (_, before) => {
    for (const key of [null, "K"]) {
      const walk = startWalk([]);
      for (const facts of numbered([...before, ...replays(300, key)])) {
        addDelivery(walk, facts);
        if (walk.stops.length > 6) letGo(walk, 2);
      }
      expect(heldBy(walk).size).toBeLessThan(12);
    }
  });

  it.each(ways)("is a few looks at what came before it, however often it came: %s", (_, before) => {
    const [last, ...known] = numbered([...before, ...replays(1_000)]).toReversed();
    const walk = startWalk(known);
    const looks = countLooks(walk);
    expect(addDelivery(walk, last!).repeatOf).not.toBeNull();
    expect(looks()).toBeLessThan(50);
  });

  it("is gone through once where all of it may count again", () => {
    const between = [newer, assigned("08:45", "D", "08:07"), assigned("08:50", "E", "08:01")];
    const facts = numbered([created, newest, again, ...between, ...replays(1_000)]);
    const walk = startWalk(facts);
    const { steps } = walk;
    const looks = countLooks(walk);
    // What came between was sent before: it is the same delivery.
    addDelivery(walk, { ...facts[3]!, delivery: facts.length + 1, sentAt: again.sentAt - 1000 });
    expect(walk.steps - steps).toBeLessThan(1_010);
    expect(looks()).toBeLessThan(50_000);
    expect(walk.stops.filter(({ isPassedOver }) => isPassedOver)).toHaveLength(1_000);
  });
});

describe("a late delivery of hours before the present stay", () => {
  it("is a few steps, however long that has lasted", () => {
    const created = sent("00:00", "created", "unresolved/new", { lastSeen: "00:00" });
    const resolved = sent("01:00", "resolved", "resolved", { lastSeen: "00:10" });
    const later = Array.from({ length: 200 }, (_, index) => {
      const at = `0${2 + Math.floor(index / 60)}:${String(index % 60).padStart(2, "0")}`;
      return sent(at, "assigned", "resolved", { lastSeen: "00:10", body: `B${index}` });
    });
    const walk = startWalk(numbered([created, resolved, ...later]));
    const { steps } = walk;
    const [late] = numbered([sent("00:30", "resolved", "resolved", { lastSeen: "00:10", body: "late" })]);
    addDelivery(walk, { ...late!, delivery: 1000 });
    expect(walk.steps - steps).toBeLessThan(10);
  });
});

/** How often the stops that the walk has now are looked at from now on. */
function countLooks({ stops }: Walk): () => number {
  let looks = 0;
  for (const stop of stops) {
    for (const name of ["facts", "isPassedOver"] as const) {
      let value: unknown = stop[name];
      Object.defineProperty(stop, name, {
        get: () => ((looks += 1), value),
        set(other) {
          value = other;
        },
      });
    }
  }
  return () => looks;
}

/** Every stop that the walk keeps in memory. */
function heldBy({ stops, repeats }: Walk): ReadonlySet<Stop> {
  const { requests, claims, bodies, created, twins } = repeats;
  const held = new Set(stops);
  const reached = new Set([...requests.values(), ...claims.values(), ...bodies.values(), created, ...twins]);
  // Both grow while they are gone through: what a stop is alike to is held with it.
  for (const group of reached) {
    for (const stop of group.stops) {
      held.add(stop);
      for (const other of Object.values(stop.alike)) if (other !== null) reached.add(other);
    }
  }
  return held;
}
