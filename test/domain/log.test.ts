import { describe, expect, it } from "vitest";
import { addDelivery, deriveHistory } from "../../src/domain/history.ts";
import { startWalk } from "../../src/domain/walk.ts";
import { ada, arrivals, logOf, numbered, sent } from "./scenario.ts";

const created = sent("08:00", "created", "unresolved/new", { lastSeen: "08:00" });
const resolved = sent("09:00", "resolved", "resolved", { lastSeen: "08:59" });
const regressed = sent("10:00", "unresolved", "unresolved/regressed", { lastSeen: "10:00" });

describe("what arrives in its order", () => {
  it("is entered as it happened, each entry with the state by then", () => {
    expect(logOf(created, regressed, sent("11:00", "assigned", "unresolved/regressed"))).toEqual([
      ["08:00:00 REPORTED – → unresolved/new OPENED by 1; unresolved/new since 08:00:00"],
      [
        "08:00:00..10:00:00 INFERRED unresolved/new → resolved RESOLVED by 2; resolved since 10:00:00",
        "10:00:00 REPORTED resolved → unresolved/regressed REGRESSED by 2; unresolved/regressed since 10:00:00",
      ],
      ["11:00:00 REPORTED assigned by 3; unresolved/regressed since 10:00:00"],
    ]);
  });

  it("replaces what it tells", () => {
    const assigned = sent("09:00", "assigned", "resolved");
    const told = sent("09:00:03", "resolved", "resolved", { actor: ada });
    const log = logOf(created, assigned, told);
    expect(log[2]).toEqual([
      "late 09:00:00 REPORTED unresolved/new → resolved RESOLVED told by 3 " +
        "[not: 08:00:00..09:00:00 INFERRED unresolved/new → resolved RESOLVED by 2]; resolved since 09:00:00",
    ]);
  });

  it("learns a substatus with the entry of the delivery that shows it", () => {
    const discovered = sent("07:00", "assigned", "unresolved");
    expect(logOf(discovered, sent("08:00", "assigned", "unresolved/new"))[1]).toEqual([
      "08:00:00 REPORTED assigned by 2; unresolved/new since 07:00:00",
    ]);
  });
});

describe("what arrives late", () => {
  it("does not bring an old state back", () => {
    const assigned = sent("08:30", "assigned", "unresolved/new", { lastSeen: "08:00" });
    expect(logOf(created, resolved, assigned)[2]).toEqual([
      "late 08:30:00 REPORTED assigned by 3; resolved since 09:00:00",
    ]);
  });

  it("replaces what it leaves without a place by its own first event", () => {
    expect(logOf(created, regressed, resolved)[2]).toEqual([
      "late 09:00:00 REPORTED unresolved/new → resolved RESOLVED by 3 " +
        "[not: 08:00:00..10:00:00 INFERRED unresolved/new → resolved RESOLVED by 2]; " +
        "unresolved/regressed since 10:00:00",
    ]);
  });

  it("corrects each later event that it changes, in the order of history", () => {
    expect(logOf(resolved, created)[1]).toEqual([
      "late 08:00:00 REPORTED – → unresolved/new OPENED by 2; resolved since 09:00:00",
      "late 09:00:00 REPORTED unresolved/new → resolved RESOLVED by 1 " +
        "[not: 09:00:00 REPORTED – → resolved RESOLVED by 1]; resolved since 09:00:00",
    ]);
  });

  it("replaces a change by the same change in another place, where its own has none now", () => {
    const assigned = sent("08:00:05", "assigned", "unresolved/new", { lastSeen: "08:00" });
    expect(logOf(assigned, created)[1]).toEqual([
      "late 08:00:00 REPORTED – → unresolved/new OPENED by 2 " +
        "[not: 08:00:05 REPORTED – → unresolved/new DISCOVERED by 1]; unresolved/new since 08:00:00",
      "late 08:00:05 REPORTED assigned by 1; unresolved/new since 08:00:00",
    ]);
  });

  it("replaces a change by one that leads to the same state, where none tells the same", () => {
    const assigned = sent("09:00", "assigned", "unresolved/ongoing", { lastSeen: "08:00" });
    expect(logOf(assigned, created)[1]).toEqual([
      "late 08:00:00 REPORTED – → unresolved/new OPENED by 2; unresolved/ongoing since 09:00:00",
      "late 08:00:00..09:00:00 INFERRED unresolved/new → unresolved/ongoing SETTLED by 1 " +
        "[not: 09:00:00 REPORTED – → unresolved/ongoing DISCOVERED by 1]; unresolved/ongoing since 09:00:00",
      "late 09:00:00 REPORTED assigned by 1; unresolved/ongoing since 09:00:00",
    ]);
  });

  it("replaces a change by any other rather than by what is none", () => {
    const assigned = sent("08:00:05", "assigned", "resolved", { lastSeen: "08:00", count: 1 });
    const held = { ...created, lastSeen: assigned.lastSeen, count: 2 };
    expect(logOf(assigned, held)[1]).toEqual([
      "late 08:00:00 REPORTED – → unresolved/new OPENED by 2 " +
        "[not: 08:00:05 REPORTED – → resolved DISCOVERED by 1]; unresolved/new since 08:00:00",
      "late 08:00:05 REPORTED assigned by 1; unresolved/new since 08:00:00",
    ]);
  });

  it("replaces a change by one that is entered behind what has its place now", () => {
    const assigned = sent("08:00:03", "assigned", "ignored", { lastSeen: "08:00:00" });
    const archived = sent("08:00:04", "archived", "ignored", { lastSeen: "08:00:04" });
    // Newer than what was assigned shows, which therefore shows nothing.
    const unresolved = sent("08:00:01", "unresolved", "unresolved/ongoing", { lastSeen: "08:00:01" });
    expect(logOf(assigned, archived, unresolved)[2]).toEqual([
      "late 08:00:01 REPORTED – → unresolved/ongoing REOPENED by 3; ignored since 08:00:03",
      "late 08:00:03 REPORTED assigned by 1; ignored since 08:00:03",
      "late 08:00:04 REPORTED unresolved/ongoing → ignored ARCHIVED by 2 " +
        "[not: 08:00:03 REPORTED – → ignored DISCOVERED by 1] " +
        "[not: 08:00:04 REPORTED archived by 2]; ignored since 08:00:04",
    ]);
  });

  it("replaces what it leaves by the event in its place that leads to the same state, rather than by the same change", () => {
    const archived = sent("08:15:00", "resolved", "ignored/archived_forever", { lastSeen: "08:10" });
    const again = sent("08:15:15", "resolved", "ignored/archived_forever", { lastSeen: "08:11" });
    // The first of those two may repeat it, and the second not.
    const stale = sent("08:00:10", "resolved", "resolved", { lastSeen: "07:59" });
    expect(logOf(created, archived, again, stale)[3]!.slice(2)).toEqual([
      "late 08:00:10..08:15:00 INFERRED unresolved/new → ignored/archived_forever ARCHIVED by 2 " +
        "[not: 08:15:00..08:15:00 INFERRED resolved → ignored/archived_forever ARCHIVED by 2]; " +
        "ignored/archived_forever since 08:15:00",
      "late 08:15:15 REPORTED ignored/archived_forever → resolved RESOLVED by 3 " +
        "[not: 08:15:15 REPORTED resolved by 3]; ignored/archived_forever since 08:15:00",
      "late 08:15:15..08:15:15 INFERRED resolved → ignored/archived_forever ARCHIVED by 3; " +
        "ignored/archived_forever since 08:15:15",
    ]);
  });

  it("changes the state with the transition that leads to it, and nothing after that", () => {
    const discovered = sent("08:00", "assigned", "unresolved");
    const archived = sent("10:00", "ignored", "ignored", { lastSeen: "09:00" });
    const late = sent("09:30", "ignored", "ignored/archived_forever", { lastSeen: "09:00" });
    expect(logOf(discovered, archived, late)[2]).toEqual([
      "late 09:30:00 REPORTED unresolved → ignored/archived_forever ARCHIVED by 3 " +
        "[not: 10:00:00 REPORTED unresolved → ignored ARCHIVED by 2]; ignored/archived_forever since 09:30:00",
      "late 10:00:00 REPORTED ignored by 2; ignored/archived_forever since 09:30:00",
    ]);
  });

  it("leads nowhere by the way where it ends in the state that was known", () => {
    const settled = sent("08:10", "assigned", "unresolved/ongoing", { lastSeen: "08:00" });
    const assigned = sent("10:00", "assigned", "unresolved/ongoing", { lastSeen: "09:59" });
    expect(logOf(created, settled, assigned, resolved)[3]).toEqual([
      "late 09:00:00 REPORTED unresolved/ongoing → resolved RESOLVED by 4; unresolved/ongoing since 08:10:00",
      "late 09:00:00..10:00:00 INFERRED resolved → unresolved/ongoing REGRESSED by 3; " +
        "unresolved/ongoing since 10:00:00",
    ]);
  });

  it("replaces what it leaves without a place by the same change at another time", () => {
    const assigned = sent("09:00", "assigned", "resolved");
    const later = sent("10:00", "assigned", "unresolved/regressed");
    const late = sent("09:30", "resolved", "unresolved/regressed");
    expect(logOf(created, assigned, later, late)[3]).toEqual([
      "late 09:00:00 REPORTED unresolved/new → resolved RESOLVED told by 4 " +
        "[not: 08:00:00..09:00:00 INFERRED unresolved/new → resolved RESOLVED by 2]; " +
        "unresolved/regressed since 10:00:00",
      "late 09:00:00..09:30:00 INFERRED resolved → unresolved/regressed REGRESSED by 4 " +
        "[not: 09:00:00..10:00:00 INFERRED resolved → unresolved/regressed REGRESSED by 3]; " +
        "unresolved/regressed since 09:30:00",
    ]);
  });

  it("replaces what it leaves without a place far behind it, too", () => {
    const silent = sent("09:00", "assigned", "unresolved");
    const settled = sent("10:00", "assigned", "unresolved/ongoing");
    const late = sent("08:30", "assigned", "unresolved/ongoing");
    expect(logOf(created, silent, settled, late)[3]).toEqual([
      "late 08:00:00..08:30:00 INFERRED unresolved/new → unresolved/ongoing SETTLED by 4 " +
        "[not: 09:00:00..10:00:00 INFERRED unresolved/new → unresolved/ongoing SETTLED by 3]; " +
        "unresolved/ongoing since 08:30:00",
      "late 08:30:00 REPORTED assigned by 4; unresolved/ongoing since 08:30:00",
    ]);
  });

  it("is late with all of its events, though the first of them replaces what came after", () => {
    const shown = { lastSeen: "08:50", count: 2 };
    const reopened = sent("09:01:01", "unresolved", "unresolved/regressed", shown);
    const alert = sent("09:01:00", "alert status_regression", "unresolved/regressed", shown);
    expect(arrivals(created, reopened, alert)[2]!.entries.map(({ isLate }) => isLate)).toEqual([true, true]);
  });

  it("is late also where it makes nothing of all that came after it", () => {
    const at = (time: string, body: string) =>
      sent(time, "assigned", "unresolved/new", { lastSeen: "08:00", body });
    const newer = sent("10:00", "assigned", "unresolved/ongoing", { lastSeen: "09:50" });
    expect(logOf(created, at("09:00", "A"), at("09:10", "B"), at("11:00", "A"), newer)[4]).toEqual([
      "late 09:10:00..10:00:00 INFERRED unresolved/new → unresolved/ongoing SETTLED by 5 " +
        "[not: 11:00:00 REPORTED assigned by 4]; unresolved/ongoing since 10:00:00",
      "late 10:00:00 REPORTED assigned by 5; unresolved/ongoing since 10:00:00",
    ]);
  });

  it("dates `created` anew where it was sent before that", () => {
    const assigned = sent("07:59:58", "assigned", "unresolved/new");
    const held = sent("08:00:05", "created", "unresolved/new", { lastSeen: "07:59:50" });
    expect(logOf(held, assigned)[1]).toEqual([
      "late 07:59:50 REPORTED – → unresolved/new OPENED by 1 " +
        "[not: 08:00:05 REPORTED – → unresolved/new OPENED by 1]; unresolved/new since 07:59:50",
      "07:59:58 REPORTED assigned by 2; unresolved/new since 07:59:50",
    ]);
    const settled = sent("07:59:58", "assigned", "unresolved/ongoing");
    expect(logOf(held, settled)[1]!.slice(1)).toEqual([
      "07:59:50..07:59:58 INFERRED unresolved/new → unresolved/ongoing SETTLED by 2; unresolved/ongoing since 07:59:58",
      "07:59:58 REPORTED assigned by 2; unresolved/ongoing since 07:59:58",
    ]);
  });

  it("replaces what it leaves without a place by the event next to that where it has none itself", () => {
    const key = { idempotencyKey: "K" };
    const late = sent("09:01", "resolved", "resolved", { ...key, lastSeen: "08:59" });
    const reopened = sent("09:30", "unresolved", "unresolved/ongoing", { lastSeen: "08:59" });
    const again = sent("10:00", "resolved", "resolved", { ...key, lastSeen: "08:59" });
    expect(logOf(created, resolved, reopened, again, late)[4]).toEqual([
      "late 09:30:00..10:00:00 INFERRED unresolved/ongoing → resolved RESOLVED by 4 " +
        "[not: 10:00:00 REPORTED unresolved/ongoing → resolved RESOLVED by 4]; resolved since 10:00:00",
    ]);
    const behind = sent("10:00", "resolved", "unresolved/ongoing", { ...key, lastSeen: "08:59" });
    expect(logOf(created, resolved, reopened, behind, late)[4]).toEqual([
      "late 09:30:00 REPORTED resolved → unresolved/ongoing REGRESSED by 3 " +
        "[not: 09:30:00 REPORTED resolved → unresolved/ongoing REGRESSED by 3] " +
        "[not: 10:00:00 REPORTED unresolved/ongoing → resolved RESOLVED by 4] " +
        "[not: 10:00:00..10:00:00 INFERRED resolved → unresolved/ongoing REGRESSED by 4]; " +
        "unresolved/ongoing since 09:30:00",
    ]);
    // It was taken for a retry of the one before it, and tells the same.
    const retried = sent("10:05", "resolved", "unresolved/ongoing", { lastSeen: "08:59" });
    expect(logOf(created, resolved, reopened, behind, retried, late)[5]).toEqual([
      "late 10:05:00 REPORTED unresolved/ongoing → resolved RESOLVED by 5 " +
        "[not: 10:00:00 REPORTED unresolved/ongoing → resolved RESOLVED by 4]; " +
        "unresolved/ongoing since 10:00:00",
      "late 10:05:00..10:05:00 INFERRED resolved → unresolved/ongoing REGRESSED by 5 " +
        "[not: 10:00:00..10:00:00 INFERRED resolved → unresolved/ongoing REGRESSED by 4]; " +
        "unresolved/ongoing since 10:05:00",
    ]);
  });

  it("keeps the place of an event that another delivery with the same body and time takes over", () => {
    const [first, second] = ["B", "A"].map((requestId) =>
      sent("09:00", "assigned", "unresolved/new", { body: "same", requestId }),
    );
    expect(logOf(created, first!, second!)[2]).toEqual([
      "late 09:00:00 REPORTED assigned by 3 [not: 09:00:00 REPORTED assigned by 2]; unresolved/new since 08:00:00",
    ]);
  });

  it("says again what the issue shows where that changes without an event", () => {
    const shown = sent("09:00:00", "resolved", "resolved", { lastSeen: "08:59", count: 5 });
    const stale = sent("09:00:20", "assigned", "resolved", { lastSeen: "08:59", count: 4 });
    const asShown = sent("09:00:10", "resolved", "resolved", { lastSeen: "08:59", count: 5 });
    const changes = arrivals(created, shown, stale, asShown);
    expect(changes.map((change) => change.shown)).toEqual([1, 2, 3, 4]);
    expect(logOf(created, shown, stale, asShown)[3]).toEqual([
      "late 09:00:20 REPORTED assigned by 3 [not: 09:00:20 REPORTED assigned by 3]; resolved since 09:00:00",
    ]);
  });

  it("is late where it brings an event of another delivery back", () => {
    const first = sent("09:00", "resolved", "resolved", { snapshotHash: "A" });
    const report = sent("10:00", "resolved", "resolved", { snapshotHash: "B" });
    const same = sent("09:20", "alert status_resolved", "resolved", { snapshotHash: "B" });
    const other = sent("09:40", "alert status_resolved", "resolved", { snapshotHash: "C" });
    expect(logOf(created, first, report, same, other).slice(2)).toEqual([
      ["10:00:00 REPORTED resolved by 3; resolved since 09:00:00"],
      [
        "late 09:20:00 REPORTED status_resolved by 4 [not: 10:00:00 REPORTED resolved by 3]; resolved since 09:00:00",
      ],
      [
        "09:40:00 REPORTED status_resolved by 5; resolved since 09:00:00",
        "late 10:00:00 REPORTED resolved by 3; resolved since 09:00:00",
      ],
    ]);
  });
});

describe("what changes nothing", () => {
  it("has no entry, and a reason", () => {
    const again = sent("09:30", "alert status_resolved", "resolved", { lastSeen: "08:59" });
    expect(arrivals(created, resolved, again)[2]).toEqual({
      entries: [],
      repeatOf: null,
      reason: "The issue was already known to be resolved, and nothing else in its snapshot is new.",
      state: { status: "resolved", substatus: null },
      statusSince: resolved.sentAt,
      shown: 3,
      named: 3,
      shownBefore: 2,
      namedBefore: 2,
    });
    const late = sent("10:04", "alert status_resolved", "unresolved/regressed", { lastSeen: "10:00" });
    const soon = { ...resolved, sentAt: resolved.sentAt + 55 * 60_000 };
    expect(arrivals(created, soon, regressed, late)[3]).toMatchObject({
      entries: [],
      repeatOf: null,
      reason:
        "The issue was already known to have been resolved then, and nothing else in its snapshot is new.",
    });
    const archived = sent("09:00", "ignored", "ignored");
    expect(arrivals(created, archived, sent("09:01", "alert status_ignored", "ignored"))[2]!.reason).toBe(
      "The issue was already known to be archived, and nothing else in its snapshot is new.",
    );
  });

  it("gives no reason where something changes", () => {
    expect(arrivals(created, regressed, resolved).map(({ reason }) => reason)).toEqual([null, null, null]);
  });

  it("gives a repetition its reason even where its snapshot is an event", () => {
    const first = sent("09:00", "assigned", "unresolved/new", { idempotencyKey: "K", count: 1 });
    const retried = sent("09:05", "assigned", "unresolved/ongoing", { idempotencyKey: "K", count: 2 });
    const change = arrivals(created, first, retried)[2]!;
    expect(change.repeatOf).toBe(2);
    expect(change.reason).not.toBeNull();
    expect(change.entries).toHaveLength(1);
  });
});

describe("a walk", () => {
  it("needs a delivery for a history", () => {
    expect(() => deriveHistory([])).toThrow(RangeError);
  });

  it("takes one step for what sorts last and few for what is late, however long it is", () => {
    const day = numbered(
      Array.from({ length: 2000 }, (_, i) => {
        const [says, shows] = [
          ["resolved", "resolved"],
          ["unresolved", "unresolved/regressed"],
          ["assigned", "unresolved/regressed"],
        ][i % 3] as [string, string];
        const minute = { sentAt: resolved.sentAt + i * 60_000, count: i };
        return sent("09:00", says, shows, { ...minute, body: String(i), requestId: String(i) });
      }),
    );
    const walk = startWalk([]);
    const late = new Set([500, 501, 1000, 1999]);
    for (const facts of day) if (!late.has(facts.delivery)) addDelivery(walk, facts);
    expect(walk.steps).toBe(day.length - late.size);
    for (const delivery of late) {
      const before = walk.steps;
      addDelivery(walk, day[delivery - 1]!);
      // A stay can be told for a quarter of an hour, which is 15 deliveries here.
      expect(walk.steps - before).toBeLessThan(25);
    }
    expect(walk.steps).toBeLessThan(day.length + 100);
  });

  it("takes few steps for every one of many that arrive in reverse", () => {
    const walk = startWalk([]);
    const all = Array.from({ length: 2000 }, (_, i) => ({
      ...sent("09:00", "assigned", "unresolved/new", { body: String(i), requestId: String(i) }),
      sentAt: resolved.sentAt + i * 1000,
    }));
    for (const facts of numbered(all).toReversed()) addDelivery(walk, facts);
    expect(walk.steps).toBeLessThan(3 * all.length);
  });
});
