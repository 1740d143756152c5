import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareDeliveries,
  comparePlaces,
  isNewer,
  newerOf,
  placeOf,
  positionIn,
} from "../../src/domain/order.ts";
import { anyDeliveries } from "./deliveries.ts";
import { numbered, sent, type Sent } from "./scenario.ts";

describe("the order of deliveries", () => {
  // Each of these pairs is in order, whatever the marks further down say.
  const pairs: Record<string, readonly [Sent, Sent]> = {
    "`created` before what was sent earlier": [
      sent("09:00", "created", "unresolved/new"),
      sent("08:00", "assigned", "unresolved/new"),
    ],
    "what was sent first": [
      sent("08:00:00", "assigned", "unresolved/new", { lastSeen: "07:59" }),
      sent("08:00:01", "assigned", "unresolved/new", { lastSeen: "07:58" }),
    ],
    "no `lastSeen` before any": [
      sent("08:00", "assigned", "unresolved/new", { count: 9 }),
      sent("08:00", "assigned", "unresolved/new", { lastSeen: "07:59", count: 1 }),
    ],
    "the older `lastSeen`": [
      sent("08:00", "assigned", "unresolved/new", { lastSeen: "07:59:00.001", count: 2 }),
      sent("08:00", "assigned", "unresolved/new", { lastSeen: "07:59:00.002", count: 1 }),
    ],
    "no `count` before any": [
      sent("08:00", "assigned", "unresolved/new", { lastSeen: "07:59" }),
      sent("08:00", "resolved", "unresolved/new", { lastSeen: "07:59", count: 0 }),
    ],
    "the smaller `count`": [
      sent("08:00", "assigned", "unresolved/new", { count: 1 }),
      sent("08:00", "resolved", "unresolved/new", { count: 2 }),
    ],
    "a claim that its snapshot has left behind before one that it confirms": [
      sent("08:00", "resolved", "unresolved/regressed", { sha256: "ff".repeat(32) }),
      sent("08:00", "unresolved", "unresolved/regressed", { sha256: "00".repeat(32) }),
    ],
    "a claim before none": [
      sent("08:00", "resolved", "resolved", { sha256: "ff".repeat(32) }),
      sent("08:00", "assigned", "resolved", { sha256: "00".repeat(32) }),
    ],
    "the smaller sha256": [
      sent("08:00", "assigned", "resolved", { sha256: "0f".repeat(32), requestId: "B" }),
      sent("08:00", "assigned", "resolved", { sha256: "f0".repeat(32), requestId: "A" }),
    ],
  };

  it.each(Object.entries(pairs))("puts %s", (_, pair) => {
    const [first, second] = numbered(pair);
    expect(compareDeliveries(first!, second!)).toBeLessThan(0);
    expect(compareDeliveries(second!, first!)).toBeGreaterThan(0);
    expect(comparePlaces(placeOf(first!, "after"), placeOf(second!, "before"))).toBeLessThan(0);
  });

  it("decides by Request-ID, then Idempotency-Key, then nothing that matters, where all else is equal", () => {
    const same = { body: "A", requestId: "A", idempotencyKey: "A" };
    const [d, c, b, a] = numbered([
      sent("08:00", "assigned", "resolved", { ...same, requestId: "B", idempotencyKey: null }),
      sent("08:00", "assigned", "resolved", { ...same, requestId: "B", idempotencyKey: null }),
      sent("08:00", "assigned", "resolved", { ...same, idempotencyKey: "B" }),
      sent("08:00", "assigned", "resolved", same),
    ]);
    expect([c!, b!, d!, a!].sort(compareDeliveries)).toEqual([a, b, d, c]);
    expect(placeOf(a!, "report")).toEqual(placeOf(d!, "report"));
  });

  it("only takes an issue's own webhook for `created`", () => {
    const [alert, earlier] = numbered([
      sent("09:00", "alert created", "resolved"),
      sent("08:00", "assigned", "resolved"),
    ]);
    expect(compareDeliveries(earlier!, alert!)).toBeLessThan(0);
  });
});

describe("the place of an event", () => {
  it("puts what a delivery reports between what it shows before and after", () => {
    const [facts] = numbered([sent("08:00", "resolved", "resolved")]);
    const places = (["before", "report", "after"] as const).map((role) => placeOf(facts!, role));
    expect(places.toSorted(comparePlaces)).toEqual(places);
    expect(places.map((place) => place.slice(0, -1))).toEqual(Array(3).fill(places[0]!.slice(0, -1)));
  });

  it("is 30 bytes that databases compare as deliveries are ordered", () => {
    fc.assert(
      fc.property(anyDeliveries(2), ([a, b]) => {
        const [first, second] = [a!, b ?? a!].map((facts) => Buffer.from(placeOf(facts, "report")));
        expect(first).toHaveLength(30);
        const byBytes = Buffer.compare(first!, second!);
        expect(byBytes).toBe(Math.sign(comparePlaces(first!, second!)));
        if (byBytes !== 0) expect(byBytes).toBe(Math.sign(compareDeliveries(a!, b!)));
      }),
      { numRuns: 1000 },
    );
  });

  it("compares every safe integer", () => {
    const safe = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(0, -1, 2 ** 32, 2 ** 32 - 1));
    fc.assert(
      fc.property(safe, safe, fc.constantFrom("sentAt", "lastSeen", "count"), (a, b, field) => {
        const [first, second] = numbered([
          sent("08:00", "assigned", "resolved", { body: "A" }),
          sent("08:00", "assigned", "resolved", { body: "A" }),
        ]);
        const places = [
          placeOf({ ...first!, [field]: a }, "report"),
          placeOf({ ...second!, [field]: b }, "report"),
        ] as const;
        expect(Math.sign(comparePlaces(...places))).toBe(Math.sign(a - b));
        if (field === "sentAt") return;
        expect(comparePlaces(placeOf({ ...first!, [field]: null }, "report"), places[0])).toBeLessThan(0);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the newer of two snapshots", () => {
  const [none, early, late, more, unsure] = numbered([
    sent("08:00", "assigned", "resolved", { count: 9 }),
    sent("08:00", "assigned", "resolved", { lastSeen: "07:58", count: 2 }),
    sent("08:00", "assigned", "resolved", { lastSeen: "07:59", count: 1 }),
    sent("08:00", "assigned", "resolved", { lastSeen: "07:59", count: 2 }),
    sent("08:00", "assigned", "resolved", { lastSeen: "07:59" }),
  ]);

  it("is the one with the later `lastSeen`, or the same and a larger `count`", () => {
    expect(isNewer(late!, early!)).toBe(true);
    expect(isNewer(early!, late!)).toBe(false);
    expect(isNewer(more!, late!)).toBe(true);
    expect(isNewer(late!, more!)).toBe(false);
    expect(isNewer(late!, late!)).toBe(false);
  });

  it("is neither where one does not say", () => {
    for (const other of [early!, late!, more!]) {
      expect(isNewer(none!, other)).toBe(false);
      expect(isNewer(other, none!)).toBe(false);
    }
    expect(isNewer(unsure!, more!)).toBe(false);
    expect(isNewer(more!, unsure!)).toBe(false);
    expect(isNewer(unsure!, early!)).toBe(true);
  });

  it("stands for both: what either is newer than, it is newer than", () => {
    const all = [none!, early!, late!, more!, unsure!];
    for (const a of all)
      for (const b of all)
        for (const c of all) expect(isNewer(newerOf(a, b), c)).toBe(isNewer(a, c) || isNewer(b, c));
    expect(newerOf(late!, { ...late!, delivery: 9 }).delivery).toBe(9);
  });
});

it("finds where a delivery is, or would be", () => {
  fc.assert(
    fc.property(anyDeliveries(12), (deliveries) => {
      const ordered = deliveries.toSorted(compareDeliveries).map((facts) => ({ facts }));
      for (const [i, { facts }] of ordered.entries()) {
        expect(positionIn(ordered, facts)).toBe(i);
        expect(positionIn(ordered.toSpliced(i, 1), facts)).toBe(i);
      }
    }),
    { numRuns: 300 },
  );
});
