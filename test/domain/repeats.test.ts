import { describe, expect, it } from "vitest";
import { arrivals, historyOf, ordersOf, sent, toAda, toTeam, type Sent } from "./scenario.ts";

const created = sent("08:00", "created", "unresolved/new", { lastSeen: "07:59" });

/** Which delivery each one repeats as they arrive in this order, and why. */
function repetitions(...deliveries: readonly Sent[]) {
  return arrivals(...deliveries).map(({ repeatOf, reason }) =>
    repeatOf === null ? null : [repeatOf, reason],
  );
}

describe("the same body with the same Request-ID", () => {
  const once = { body: "resolved", requestId: "A" };

  it("is one delivery, at the time at which it was sent first", () => {
    const [later, earlier] = ["09:00:05", "09:00"].map((time) => sent(time, "resolved", "resolved", once));
    expect(historyOf(created, later!, earlier!)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 3",
    ]);
    expect(historyOf(created, later!, { ...later! })).toHaveLength(2);
  });

  it("is one delivery even where something was sent in between", () => {
    const [first, again] = ["09:00", "11:00"].map((time) => sent(time, "resolved", "resolved", once));
    const reopened = sent("10:00", "unresolved", "unresolved/regressed");
    expect(historyOf(created, first!, reopened, again!)).toHaveLength(3);
  });

  it("makes no claim under its own Idempotency-Key", () => {
    const first = sent("09:00", "resolved", "resolved", { ...once, idempotencyKey: "K" });
    const again = sent("09:05", "resolved", "resolved", { ...once, idempotencyKey: "L" });
    const reopened = sent("10:00", "unresolved", "unresolved/regressed");
    const other = sent("11:00", "resolved", "resolved", { idempotencyKey: "L" });
    expect(historyOf(created, first, again, reopened, other).at(-1)).toBe(
      "11:00:00 REPORTED unresolved/regressed → resolved RESOLVED by 5",
    );
  });

  it("is two deliveries where the body is another", () => {
    const resolved = sent("09:00", "resolved", "resolved", once);
    const assigned = sent("09:05", "assigned", "resolved", { requestId: "A" });
    expect(historyOf(created, resolved, assigned)).toHaveLength(3);
  });

  it("repeats the first that is known, whatever it has in common with it", () => {
    const key = { idempotencyKey: "K" };
    const first = sent("09:00", "resolved", "resolved", { ...key, requestId: "B" });
    const [second, again] = ["09:05", "09:10"].map((time) =>
      sent(time, "resolved", "resolved", { ...once, ...key }),
    );
    expect(arrivals(created, first, second!, again!).map(({ repeatOf }) => repeatOf)).toEqual([
      null,
      null,
      2,
      2,
    ]);
  });

  it("is a repetition, whichever arrives second", () => {
    const [first, again] = ["09:00", "09:05"].map((time) => sent(time, "resolved", "resolved", once));
    const repetition = [2, "The same body with the same Request-ID was received before."];
    for (const order of ordersOf([first!, again!]))
      expect(repetitions(created, ...order)).toEqual([null, null, repetition]);
    expect(repetitions(created, again!, first!, { ...again! }).at(-1)).toEqual(repetition);
  });
});

describe("the same Idempotency-Key", () => {
  const key = { idempotencyKey: "K" };
  const resolved = sent("09:00", "resolved", "resolved", key);

  it("makes its claim once, by the delivery that was sent first", () => {
    const retried = sent("09:30", "resolved", "unresolved/regressed", key);
    expect(historyOf(created, retried, resolved)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 3",
      "09:00:00..09:30:00 INFERRED resolved → unresolved/regressed REGRESSED by 2",
    ]);
  });

  it("reports an assignment once", () => {
    const assigned = sent("09:00", "assigned", "unresolved/new", { ...key, lastSeen: "07:59" });
    const retried = sent("09:05", "assigned", "unresolved/new", { ...key, lastSeen: "07:59" });
    expect(historyOf(created, assigned, retried)).toHaveLength(2);
  });

  it("still reports a snapshot that nothing else tells of", () => {
    const assigned = sent("09:00", "assigned", "unresolved/new", key);
    const retried = sent("09:05", "assigned", "unresolved/new", { ...key, count: 7 });
    expect(historyOf(created, assigned, retried).slice(1)).toEqual([
      "09:00:00 REPORTED assigned by 2",
      "09:05:00 REPORTED assigned by 3",
    ]);
    expect(arrivals(created, assigned, retried).at(-1)).toMatchObject({ repeatOf: 2, shown: 3 });
  });

  it("shows with its snapshot who the issue is assigned to", () => {
    const assigned = sent("09:00", "assigned", "unresolved/new", { ...key, assignee: toAda });
    const retried = sent("09:05", "assigned", "unresolved/ongoing", { ...key, assignee: toTeam });
    const [inferred, ...others] = arrivals(created, assigned, retried).at(-1)!.entries;
    expect(others).toEqual([]);
    expect(inferred!.event).toMatchObject({ source: "INFERRED", assignee: toTeam });
  });

  it("is of one action and one resource", () => {
    const reopened = sent("10:00", "unresolved", "unresolved/regressed", key);
    const alert = sent("11:00", "alert resolved", "resolved", key);
    expect(historyOf(created, resolved, reopened, alert)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 2",
      "10:00:00 REPORTED resolved → unresolved/regressed REGRESSED by 3",
      "11:00:00 REPORTED unresolved/regressed → resolved RESOLVED by 4",
    ]);
  });

  it("means nothing where there is none", () => {
    const [first, second] = ["09:00", "11:00"].map((time) => sent(time, "resolved", "resolved"));
    const reopened = sent("10:00", "unresolved", "unresolved/regressed");
    expect(historyOf(created, first!, reopened, second!)).toHaveLength(4);
  });

  it("is a repetition, whichever arrives second", () => {
    const retried = sent("09:05", "resolved", "resolved", key);
    for (const order of ordersOf([resolved, retried]))
      expect(repetitions(created, ...order).at(-1)).toEqual([
        2,
        "The same event with the same Idempotency-Key was received before.",
      ]);
  });
});

describe("a second `created`", () => {
  const second = sent("08:00:02", "created", "unresolved/new", { lastSeen: "07:59" });

  it("is no event of its own", () => {
    expect(historyOf(created, second)).toEqual(["08:00:00 REPORTED – → unresolved/new OPENED by 1"]);
  });

  it("counts by its snapshot", () => {
    const other = sent("08:20", "created", "unresolved/escalating", { lastSeen: "07:59", count: 3 });
    expect(historyOf(created, other)).toEqual([
      "07:59:00 REPORTED – → unresolved/new OPENED by 1",
      "07:59:00..07:59:00 INFERRED unresolved/new → unresolved/escalating ESCALATED by 2",
    ]);
  });

  it("is a repetition, whichever arrives second", () => {
    for (const order of ordersOf([created, second]))
      expect(repetitions(...order)).toEqual([null, [1, "The issue's creation was received before."]]);
  });
});

describe("the same body under another Request-ID", () => {
  const at = (time: string, says: string, shows: string, lastSeen: string, count = 1) =>
    sent(time, says, shows, { lastSeen, count, body: `${says} ${shows} ${lastSeen} ${count}` });
  const resolved = at("09:00", "resolved", "resolved", "08:50");

  it("is nothing right after itself", () => {
    const again = at("12:00", "resolved", "resolved", "08:50");
    expect(historyOf(created, resolved, again)).toHaveLength(2);
    const assigned = at("13:00", "assigned", "resolved", "08:50");
    expect(
      historyOf(created, resolved, again, assigned, at("14:00", "assigned", "resolved", "08:50")),
    ).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 2",
      "13:00:00 REPORTED assigned by 4",
    ]);
  });

  it("is nothing after a newer snapshot: it was held back or replayed", () => {
    const regressed = at("10:00", "unresolved", "unresolved/regressed", "10:00");
    const replayed = at("11:00", "resolved", "resolved", "08:50");
    expect(historyOf(created, resolved, regressed, replayed)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 2",
      "10:00:00 REPORTED resolved → unresolved/regressed REGRESSED by 3",
    ]);
    expect(arrivals(created, resolved, regressed, replayed).at(-1)!.shown).toBe(3);
  });

  it("is nothing after a snapshot of the same time with more events", () => {
    const regressed = at("10:00", "unresolved", "unresolved/regressed", "08:50", 2);
    expect(
      historyOf(created, resolved, regressed, at("11:00", "resolved", "resolved", "08:50")),
    ).toHaveLength(3);
  });

  it("is real where only equal snapshots came between: an issue can be resolved again", () => {
    const reopened = at("10:00", "unresolved", "unresolved/ongoing", "08:50");
    const again = at("11:00", "resolved", "resolved", "08:50");
    const reopenedAgain = at("12:00", "unresolved", "unresolved/ongoing", "08:50");
    expect(historyOf(created, resolved, reopened, again, reopenedAgain)).toHaveLength(5);
    expect(repetitions(created, resolved, reopened, again)).toEqual([null, null, null, null]);
  });

  it("is real where the newer snapshot came before both", () => {
    const newer = at("08:30", "unresolved", "unresolved/ongoing", "08:55");
    const reopened = at("10:00", "unresolved", "unresolved/regressed", "08:50");
    const again = at("11:00", "resolved", "resolved", "08:50");
    expect(historyOf(created, newer, resolved, reopened, again)).toHaveLength(5);
  });

  it("is nothing after a newer snapshot even where a still newer one came before both", () => {
    const newest = at("08:30", "assigned", "unresolved/new", "08:59");
    const newer = at("10:00", "unresolved", "unresolved/regressed", "08:55");
    const replayed = at("11:00", "resolved", "resolved", "08:50");
    expect(historyOf(created, newest, resolved, newer, replayed)).toHaveLength(4);
  });

  it("is nothing as often as it comes", () => {
    const regressed = at("10:00", "unresolved", "unresolved/regressed", "10:00");
    const replayed = at("11:00", "resolved", "resolved", "08:50");
    const assigned = at("11:30", "assigned", "unresolved/regressed", "08:40");
    const again = at("12:00", "resolved", "resolved", "08:50");
    expect(historyOf(created, resolved, regressed, replayed, assigned, again)).toHaveLength(4);
  });

  it("is not seen by a body that comes again", () => {
    // The second is newer than the first and both come before the two that are older, then come again.
    const replayed = at("08:20", "assigned", "unresolved/new", "08:15");
    const newest = at("08:30", "assigned", "unresolved/new", "08:20");
    const old = at("09:00", "assigned", "unresolved/new", "08:10");
    const between = at("09:10", "reviewed", "unresolved/new", "08:10");
    const deliveries = [
      replayed,
      newest,
      old,
      between,
      { ...replayed, sentAt: between.sentAt + 1000, requestId: "R" },
    ];
    expect(historyOf(created, ...deliveries)).toHaveLength(5);
    const again = { ...old, sentAt: between.sentAt + 2000, requestId: "S" };
    expect(historyOf(created, ...deliveries, again)).toHaveLength(6);
  });

  it("is not seen by what comes after it", () => {
    const regressed = at("10:00", "unresolved", "unresolved/regressed", "10:00");
    const replayed = at("11:00", "resolved", "resolved", "08:50");
    const regressedAgain = at("12:00", "unresolved", "unresolved/regressed", "10:00");
    expect(historyOf(created, resolved, regressed, replayed, regressedAgain)).toHaveLength(3);
  });

  it("is a repetition, whichever arrives second", () => {
    const regressed = at("10:00", "unresolved", "unresolved/regressed", "10:00");
    const replayed = at("11:00", "resolved", "resolved", "08:50");
    const reason = "The same body was received before, and one of the two was held back or replayed.";
    for (const order of ordersOf([resolved, replayed]))
      expect(repetitions(created, regressed, ...order).at(-1)).toEqual([3, reason]);
    // Neither is known to be a replay until what came between arrives.
    const reopened = at("09:30", "unresolved", "unresolved/ongoing", "08:50");
    expect(repetitions(created, resolved, reopened, replayed, regressed)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});
