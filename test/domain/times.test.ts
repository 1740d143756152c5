import { expect, it } from "vitest";
import { historyOf, sent, toAda } from "./scenario.ts";

it("dates an event by the sending of the delivery that first showed it", () => {
  const created = sent("08:00", "created", "unresolved/new");
  const assigned = sent("09:00", "assigned", "resolved");
  expect(historyOf(created, assigned, sent("09:20", "resolved", "resolved"))[1]).toBe(
    "09:00:00 REPORTED unresolved/new → resolved RESOLVED told by 3",
  );
});

it("dates `created` by its sending while nothing was sent before it", () => {
  const created = sent("08:00:05", "created", "unresolved/new", { lastSeen: "08:00:00.2" });
  expect(historyOf(created, sent("08:00:05", "assigned", "unresolved/new"))).toEqual([
    "08:00:05 REPORTED – → unresolved/new OPENED by 1",
    "08:00:05 REPORTED assigned by 2",
  ]);
});

it("dates `created` by its own snapshot once another delivery was sent before it", () => {
  const created = sent("08:05:06", "created", "unresolved/new", { lastSeen: "08:00:00.200900" });
  expect(historyOf(created, sent("08:02", "resolved", "resolved"))).toEqual([
    "08:00:00.200 REPORTED – → unresolved/new OPENED by 1",
    "08:02:00 REPORTED unresolved/new → resolved RESOLVED by 2",
  ]);
});

it("counts a delivery that was sent before `created` even where it is no event", () => {
  const created = sent("08:00:05", "created", "unresolved/new", { lastSeen: "08:00:00.2", count: 2 });
  // `created` is walked first, so this snapshot is older than the newest one and tells an opening that is reported.
  const early = sent("08:00:03", "unresolved", "unresolved/new", { lastSeen: "08:00:00.2", count: 1 });
  expect(historyOf(created, early)).toEqual(["08:00:00.200 REPORTED – → unresolved/new OPENED by 1"]);
});

it("dates a `created` whose snapshot has no time by its sending, but not after what follows it", () => {
  const created = sent("08:05", "created", "unresolved/new");
  expect(historyOf(created, sent("08:02", "resolved", "resolved"))).toEqual([
    "08:02:00 REPORTED – → unresolved/new OPENED by 1",
    "08:02:00 REPORTED unresolved/new → resolved RESOLVED by 2",
  ]);
});

it("looks beyond deliveries without an event for what follows `created`", () => {
  const created = sent("08:05", "created", "unresolved/new");
  const silent = sent("08:01", "alert status_unresolved", "unresolved/new");
  expect(historyOf(created, silent, sent("08:02", "resolved", "resolved"))).toEqual([
    "08:02:00 REPORTED – → unresolved/new OPENED by 1",
    "08:02:00 REPORTED unresolved/new → resolved RESOLVED by 3",
  ]);
});

it("dates a second `created` by its snapshot too, and nothing before it later", () => {
  const first = sent("08:05", "created", "unresolved/new", { lastSeen: "08:01", count: 1 });
  const second = sent("08:06", "created", "unresolved/escalating", { lastSeen: "08:00:30", count: 2 });
  const assigned = sent("08:04", "assigned", "unresolved/escalating", { lastSeen: "08:03" });
  expect(historyOf(first, second, assigned)).toEqual([
    "08:00:30 REPORTED – → unresolved/new OPENED by 1",
    "08:00:30..08:00:30 INFERRED unresolved/new → unresolved/escalating ESCALATED by 2",
    "08:04:00 REPORTED assigned by 3",
  ]);
});

it("starts the window of an inferred event where the state before was last shown", () => {
  const created = sent("08:00", "created", "unresolved/new");
  const assigned = sent("09:00", "assigned", "unresolved/new");
  const passive = sent("10:00", "alert status_unresolved", "unresolved/new");
  const stale = sent("10:00:10", "assigned", "unresolved/ongoing", { lastSeen: "09:00" });
  expect(historyOf(created, assigned, passive, sent("11:00", "assigned", "resolved"))[2]).toBe(
    "10:00:00..11:00:00 INFERRED unresolved/new → resolved RESOLVED by 4",
  );
  const shown = sent("10:00", "alert status_unresolved", "unresolved/new", { lastSeen: "09:30" });
  expect(historyOf(created, shown, stale, sent("11:00", "assigned", "resolved"))[3]).toBe(
    "10:00:00..11:00:00 INFERRED unresolved/new → resolved RESOLVED by 4",
  );
});

it("starts the window no earlier than the state before began", () => {
  const created = sent("08:00", "created", "unresolved/new", { lastSeen: "08:00" });
  const resolved = sent("09:00", "resolved", "resolved", { lastSeen: "09:00" });
  // Stale, so it shows nothing, but its claim begins another stay.
  const ignored = sent("09:00:10", "ignored", "ignored", { lastSeen: "08:00" });
  expect(historyOf(created, resolved, ignored, sent("10:00", "assigned", "unresolved/ongoing"))[4]).toBe(
    "09:00:10..10:00:00 INFERRED resolved → unresolved/ongoing REGRESSED by 4",
  );
});

it("starts the window no earlier than the state before began, where `created` is dated after what follows it", () => {
  const created = sent("08:00:06", "created", "unresolved/new", { lastSeen: "08:00:05.7" });
  const assigned = sent("08:00:05", "assigned", "unresolved/new");
  expect(historyOf(created, assigned, sent("09:00", "assigned", "resolved")).slice(0, 3)).toEqual([
    "08:00:05 REPORTED – → unresolved/new OPENED by 1",
    "08:00:05 REPORTED assigned by 2",
    "08:00:05.700..09:00:00 INFERRED unresolved/new → resolved RESOLVED by 3",
  ]);
});

it("starts the window where `created` took its snapshot, once that dates it", () => {
  const created = sent("08:05", "created", "unresolved/new", { lastSeen: "08:00" });
  const assigned = sent("08:02", "assigned", "resolved", { assignee: toAda });
  expect(historyOf(created, assigned)).toEqual([
    "08:00:00 REPORTED – → unresolved/new OPENED by 1",
    "08:00:00..08:02:00 INFERRED unresolved/new → resolved RESOLVED by 2",
    "08:02:00 REPORTED assigned by 2",
  ]);
});

it("starts the window no later than it ends", () => {
  const created = sent("08:05", "created", "unresolved/new");
  expect(historyOf(created, sent("08:02", "assigned", "resolved"))[1]).toBe(
    "08:02:00..08:02:00 INFERRED unresolved/new → resolved RESOLVED by 2",
  );
});
