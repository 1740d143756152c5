import { describe, expect, it } from "vitest";
import { ada, arrivals, historyOf, sent, textOf, toAda, toTeam } from "./scenario.ts";

/** The rows of the table in src/domain/step.ts. Every history is checked in every order of arrival. */

describe("the first delivery", () => {
  it("opens the issue in what it shows when it is `created`, whatever that is", () => {
    const created = sent("08:00", "created", "unresolved/new");
    expect(historyOf(created)).toEqual(["08:00:00 REPORTED – → unresolved/new OPENED by 1"]);
    const behind = sent("08:00", "created", "ignored/archived_forever");
    expect(historyOf(behind)).toEqual(["08:00:00 REPORTED – → ignored/archived_forever OPENED by 1"]);
  });

  it("discovers the issue in what it shows when it claims nothing", () => {
    const assigned = sent("08:00", "assigned", "resolved");
    expect(historyOf(assigned)).toEqual(["08:00:00 REPORTED – → resolved DISCOVERED by 1"]);
  });

  it("reports what it claims and shows", () => {
    const ignored = sent("08:00", "ignored", "ignored/archived_forever");
    expect(historyOf(ignored)).toEqual(["08:00:00 REPORTED – → ignored/archived_forever ARCHIVED by 1"]);
  });

  it("reports what it claims, and what it shows came after that", () => {
    const resolved = sent("08:00", "resolved", "unresolved/regressed");
    expect(historyOf(resolved)).toEqual([
      "08:00:00 REPORTED – → resolved RESOLVED by 1",
      "08:00:00..08:00:00 INFERRED resolved → unresolved/regressed REGRESSED by 1",
    ]);
  });
});

describe("a delivery that claims nothing", () => {
  const created = sent("08:00", "created", "unresolved/new");

  it("is an event without a transition", () => {
    expect(historyOf(created, sent("09:00", "assigned", "unresolved/new"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED assigned by 2",
    ]);
  });

  it("shows what changed before it", () => {
    expect(historyOf(created, sent("09:00", "assigned", "unresolved/ongoing"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "08:00:00..09:00:00 INFERRED unresolved/new → unresolved/ongoing SETTLED by 2",
      "09:00:00 REPORTED assigned by 2",
    ]);
  });

  it("takes an unknown status as it comes", () => {
    expect(historyOf(created, sent("09:00", "reviewed", "reprocessing"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "08:00:00..09:00:00 INFERRED unresolved/new → reprocessing OTHER by 2",
      "09:00:00 REPORTED reviewed by 2",
    ]);
  });

  it("changes no status where it shows none", () => {
    expect(historyOf(created, sent("09:00", "assigned", ""), sent("10:00", "resolved", "resolved"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED assigned by 2",
      "10:00:00 REPORTED unresolved/new → resolved RESOLVED by 3",
    ]);
  });

  it("leaves open since when another status lasts where it shows none", () => {
    const without = sent("09:00", "assigned", "");
    const changed = sent("10:00", "assigned", "resolved");
    expect(historyOf(created, without, changed)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED assigned by 2",
      "08:00:00..10:00:00 INFERRED unresolved/new → resolved RESOLVED by 3",
      "10:00:00 REPORTED assigned by 3",
    ]);
  });

  it("leaves the assignee before its assignment to what changed before it", () => {
    const assigned = sent("09:00", "assigned", "unresolved/ongoing", { assignee: toAda });
    const again = sent("10:00", "assigned", "unresolved/escalating", { assignee: toTeam });
    const assignees = arrivals(created, assigned, again).flatMap(({ entries }) =>
      entries.map(({ event }) => event.assignee?.name ?? null),
    );
    expect(assignees).toEqual([null, null, "Ada", "Ada", "payments"]);
  });
});

describe("a claim of the state that is known and shown", () => {
  const created = sent("08:00", "created", "unresolved/new");

  it("tells the change that an earlier snapshot showed, in its place and at its time", () => {
    const assigned = sent("09:00", "assigned", "resolved");
    const resolved = sent("09:00:02", "resolved", "resolved", { actor: ada });
    expect(historyOf(created, assigned, resolved)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED told by 3",
      "09:00:00 REPORTED assigned by 2",
    ]);
  });

  it("tells it however late, and only once", () => {
    const assigned = sent("09:00", "assigned", "resolved");
    const first = sent("11 09:00", "resolved", "resolved");
    const second = sent("12 09:00", "resolved", "resolved");
    expect(historyOf(created, assigned, first, second)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED told by 3",
      "09:00:00 REPORTED assigned by 2",
    ]);
  });

  it("tells no more than that, whatever else its snapshot shows", () => {
    const assigned = sent("09:00", "assigned", "resolved", { count: 1, assignee: toTeam });
    const resolved = sent("09:00:02", "resolved", "resolved", { count: 2, assignee: toAda });
    expect(historyOf(created, assigned, resolved)).toHaveLength(3);
    const [told] = arrivals(created, assigned, resolved).at(-1)!.entries;
    expect(told!.event).toMatchObject({ role: "told", assignee: null });
  });

  it("changes nothing where the change was reported", () => {
    const resolved = sent("09:00", "resolved", "resolved");
    const again = sent("09:30", "resolved", "resolved", { actor: ada });
    expect(historyOf(created, resolved, again)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 2",
    ]);
  });

  it("changes nothing of an opening", () => {
    const same = { snapshotHash: "the same" };
    expect(
      historyOf(
        sent("08:00", "unresolved", "unresolved/ongoing", same),
        sent("09:00", "unresolved", "unresolved/ongoing", same),
      ),
    ).toEqual(["08:00:00 REPORTED – → unresolved/ongoing REOPENED by 1"]);
  });

  it("is an event where its snapshot is another one than was shown", () => {
    const resolved = sent("09:00", "resolved", "resolved", { count: 1 });
    const again = sent("09:30", "resolved", "resolved", { count: 2 });
    const asBefore = sent("09:40", "resolved", "resolved", { count: 2 });
    expect(historyOf(created, resolved, again, asBefore)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 2",
      "09:30:00 REPORTED resolved by 3",
    ]);
  });
});

describe("a claim of another state than the one that is known and shown", () => {
  const created = sent("08:00", "created", "unresolved/new");
  const regressed = sent("09:00", "unresolved", "unresolved/regressed");

  it("tells the newest stay in the status that it claims", () => {
    expect(historyOf(created, regressed, sent("09:15", "resolved", "unresolved/regressed"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED told by 3",
      "09:00:00 REPORTED resolved → unresolved/regressed REGRESSED by 2",
    ]);
  });

  it("is about a new stay when that one began more than 15 minutes before", () => {
    expect(historyOf(created, regressed, sent("09:15:01", "resolved", "unresolved/regressed"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "08:00:00..09:00:00 INFERRED unresolved/new → resolved RESOLVED by 2",
      "09:00:00 REPORTED resolved → unresolved/regressed REGRESSED by 2",
      "09:15:01 REPORTED unresolved/regressed → resolved RESOLVED by 3",
      "09:15:01..09:15:01 INFERRED resolved → unresolved/regressed REGRESSED by 3",
    ]);
  });

  it("changes nothing where that stay was reported", () => {
    const resolved = sent("08:50", "resolved", "resolved");
    expect(
      historyOf(created, resolved, regressed, sent("09:04", "resolved", "unresolved/regressed")),
    ).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "08:50:00 REPORTED unresolved/new → resolved RESOLVED by 2",
      "09:00:00 REPORTED resolved → unresolved/regressed REGRESSED by 3",
    ]);
  });

  it("means the newest of several stays, even where an older one was only inferred", () => {
    const resolved = sent("09:05", "resolved", "resolved");
    const reopened = sent("09:06", "unresolved", "unresolved/ongoing");
    expect(
      historyOf(created, regressed, resolved, reopened, sent("09:10", "resolved", "unresolved/ongoing")),
    ).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "08:00:00..09:00:00 INFERRED unresolved/new → resolved RESOLVED by 2",
      "09:00:00 REPORTED resolved → unresolved/regressed REGRESSED by 2",
      "09:05:00 REPORTED unresolved/regressed → resolved RESOLVED by 3",
      "09:06:00 REPORTED resolved → unresolved/ongoing REGRESSED by 4",
    ]);
  });

  it("means a stay that a second `created` showed, though that was sent long after", () => {
    const second = sent("10:00", "created", "resolved", { lastSeen: "08:05" });
    const assigned = sent("08:06", "assigned", "unresolved/regressed");
    const resolved = sent("08:10", "resolved", "unresolved/regressed");
    expect(historyOf(created, second, assigned, resolved)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "08:05:00 REPORTED unresolved/new → resolved RESOLVED told by 4",
      "08:05:00..08:06:00 INFERRED resolved → unresolved/regressed REGRESSED by 3",
      "08:06:00 REPORTED assigned by 3",
    ]);
  });

  it("never means the opening", () => {
    const wasResolved = sent("08:58", "created", "resolved");
    expect(historyOf(wasResolved, regressed, sent("09:01", "resolved", "unresolved/regressed"))).toHaveLength(
      4,
    );
    const discovered = sent("08:59", "assigned", "resolved");
    expect(historyOf(discovered, regressed, sent("09:01", "resolved", "unresolved/regressed"))).toEqual([
      "08:59:00 REPORTED – → resolved DISCOVERED by 1",
      "09:00:00 REPORTED resolved → unresolved/regressed REGRESSED by 2",
      "09:01:00 REPORTED unresolved/regressed → resolved RESOLVED by 3",
      "09:01:00..09:01:00 INFERRED resolved → unresolved/regressed REGRESSED by 3",
    ]);
  });
});

describe("a claim of the state that is shown, where another was known", () => {
  const created = sent("08:00", "created", "unresolved/new");

  it("reports the change", () => {
    expect(historyOf(created, sent("09:00", "ignored", "ignored/archived_forever"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → ignored/archived_forever ARCHIVED by 2",
    ]);
  });

  it("shows that a regressed issue had been resolved", () => {
    for (const says of ["unresolved", "alert status_regression"])
      expect(historyOf(created, sent("09:00", says, "unresolved/regressed"))).toEqual([
        "08:00:00 REPORTED – → unresolved/new OPENED by 1",
        "08:00:00..09:00:00 INFERRED unresolved/new → resolved RESOLVED by 2",
        "09:00:00 REPORTED resolved → unresolved/regressed REGRESSED by 2",
      ]);
  });

  it("shows that an issue that escalates by `unresolved` had been archived", () => {
    expect(historyOf(created, sent("09:00", "unresolved", "unresolved/escalating"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "08:00:00..09:00:00 INFERRED unresolved/new → ignored ARCHIVED by 2",
      "09:00:00 REPORTED ignored → unresolved/escalating ESCALATED by 2",
    ]);
  });

  it("takes an alert of an escalation at its word", () => {
    expect(historyOf(created, sent("09:00", "alert status_escalating", "unresolved/escalating"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → unresolved/escalating ESCALATED by 2",
    ]);
  });

  it("looks for nothing in between out of another status", () => {
    const resolved = sent("08:30", "resolved", "resolved");
    expect(historyOf(created, resolved, sent("09:00", "unresolved", "unresolved/escalating"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "08:30:00 REPORTED unresolved/new → resolved RESOLVED by 2",
      "09:00:00 REPORTED resolved → unresolved/escalating REGRESSED by 3",
    ]);
  });
});

describe("a claim that its own snapshot has left behind", () => {
  const created = sent("08:00", "created", "unresolved/new");

  it("tells the state that was known, where it claims that", () => {
    const assigned = sent("09:00", "assigned", "resolved");
    expect(historyOf(created, assigned, sent("09:05", "resolved", "unresolved/regressed"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED told by 3",
      "09:00:00 REPORTED assigned by 2",
      "09:00:00..09:05:00 INFERRED resolved → unresolved/regressed REGRESSED by 3",
    ]);
  });

  it("tells how an issue came to be unresolved, by `unresolved` too", () => {
    const resolved = sent("08:30", "resolved", "resolved");
    const assigned = sent("09:00", "assigned", "unresolved/regressed");
    expect(historyOf(created, resolved, assigned, sent("09:05", "unresolved", "resolved"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "08:30:00 REPORTED unresolved/new → resolved RESOLVED by 2",
      "09:00:00 REPORTED resolved → unresolved/regressed REGRESSED told by 4",
      "09:00:00 REPORTED assigned by 3",
      "09:00:00..09:05:00 INFERRED unresolved/regressed → resolved RESOLVED by 4",
    ]);
  });

  it("is an event of its own where it is an `unresolved` and the issue was only heard of", () => {
    expect(historyOf(created, sent("09:00", "unresolved", "resolved"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved by 2",
      "08:00:00..09:00:00 INFERRED unresolved/new → resolved RESOLVED by 2",
    ]);
  });

  it("adds nothing to an opening that it can mean", () => {
    const alert = sent("09:00", "alert status_unresolved", "resolved");
    expect(historyOf(created, alert)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "08:00:00..09:00:00 INFERRED unresolved/new → resolved RESOLVED by 2",
    ]);
    const discovered = sent("08:00", "assigned", "resolved");
    expect(historyOf(discovered, sent("09:00", "resolved", "unresolved/regressed"))).toEqual([
      "08:00:00 REPORTED – → resolved DISCOVERED by 1",
      "08:00:00..09:00:00 INFERRED resolved → unresolved/regressed REGRESSED by 2",
    ]);
  });

  it("tells a stay that is over where it can mean that, and what is shown came after", () => {
    const regressed = sent("09:00", "unresolved", "unresolved/regressed");
    expect(historyOf(created, regressed, sent("09:10", "resolved", "ignored/archived_forever"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED told by 3",
      "09:00:00 REPORTED resolved → unresolved/regressed REGRESSED by 2",
      "09:00:00..09:10:00 INFERRED unresolved/regressed → ignored/archived_forever ARCHIVED by 3",
    ]);
  });

  it("reports a stay between what was known and what is shown", () => {
    expect(historyOf(created, sent("09:00", "resolved", "unresolved/regressed"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 2",
      "09:00:00..09:00:00 INFERRED resolved → unresolved/regressed REGRESSED by 2",
    ]);
  });
});

describe("a snapshot that is older than one before it", () => {
  const created = sent("08:00", "created", "unresolved/new");
  const resolved = sent("09:00", "resolved", "resolved", { lastSeen: "08:59", count: 5 });
  const older = (time: string) =>
    sent(time, "assigned", "unresolved/new", { lastSeen: "08:59", count: 4, assignee: toAda });

  it("shows nothing new within 15 seconds of that", () => {
    const deliveries = [created, resolved, older("09:00:15")];
    expect(historyOf(...deliveries)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 2",
      "09:00:15 REPORTED assigned by 3",
    ]);
    expect(arrivals(...deliveries).at(-1)!.shown).toBe(2);
  });

  it("counts when it was sent later", () => {
    const deliveries = [created, resolved, older("09:00:16")];
    expect(historyOf(...deliveries)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 2",
      "09:00:00..09:00:16 INFERRED resolved → unresolved/new REGRESSED by 3",
      "09:00:16 REPORTED assigned by 3",
    ]);
    expect(arrivals(...deliveries).at(-1)!.shown).toBe(3);
  });

  it("is compared with the newest one, not with the one before it", () => {
    const between = sent("09:00:10", "assigned", "resolved");
    expect(historyOf(created, resolved, between, older("09:00:15")).slice(2)).toEqual([
      "09:00:10 REPORTED assigned by 3",
      "09:00:15 REPORTED assigned by 4",
    ]);
  });

  it("is compared with the last of several that are equally new", () => {
    const asNew = sent("09:00:10", "assigned", "resolved", { lastSeen: "08:59", count: 5 });
    expect(historyOf(created, resolved, asNew, older("09:00:25")).slice(2)).toEqual([
      "09:00:10 REPORTED assigned by 3",
      "09:00:25 REPORTED assigned by 4",
    ]);
  });

  it("makes its claim all the same", () => {
    const ignored = sent("09:00:01", "ignored", "ignored/archived_forever", { lastSeen: "08:58" });
    expect(historyOf(created, resolved, ignored)).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 2",
      "09:00:01 REPORTED resolved → ignored ARCHIVED by 3",
      "09:00:01..09:00:01 INFERRED ignored → resolved RESOLVED by 3",
    ]);
  });

  it("is not a new snapshot to report", () => {
    const again = sent("09:00:01", "resolved", "resolved", { lastSeen: "08:58" });
    expect(historyOf(created, resolved, again)).toHaveLength(2);
  });

  it("is older only where both say when they were taken", () => {
    const unknown = sent("09:00:01", "assigned", "unresolved/new");
    expect(historyOf(created, resolved, unknown)).toHaveLength(4);
    const noCount = sent("09:00:01", "assigned", "unresolved/new", { lastSeen: "08:59" });
    expect(historyOf(created, resolved, noCount)).toHaveLength(4);
  });
});

describe("a substatus that is not known", () => {
  it("agrees with every one of its status", () => {
    const created = sent("08:00", "created", "unresolved/new");
    expect(historyOf(created, sent("09:00", "assigned", "unresolved"))).toEqual([
      "08:00:00 REPORTED – → unresolved/new OPENED by 1",
      "09:00:00 REPORTED assigned by 2",
    ]);
  });

  it("is learned without an event, and known from then on", () => {
    const discovered = sent("08:00", "assigned", "unresolved");
    const learned = sent("09:00", "assigned", "unresolved/new");
    const settled = sent("10:00", "assigned", "unresolved/ongoing");
    expect(historyOf(discovered, learned, settled)).toEqual([
      "08:00:00 REPORTED – → unresolved DISCOVERED by 1",
      "09:00:00 REPORTED assigned by 2",
      "09:00:00..10:00:00 INFERRED unresolved/new → unresolved/ongoing SETTLED by 3",
      "10:00:00 REPORTED assigned by 3",
    ]);
    const states = arrivals(discovered, learned).map(({ state }) => textOf(state));
    expect(states).toEqual(["unresolved", "unresolved/new"]);
  });

  it("is learned of a stay that only a claim told of", () => {
    const created = sent("08:00", "created", "unresolved/new");
    const escalated = sent("09:00", "unresolved", "unresolved/escalating");
    const archived = sent("09:01", "ignored", "ignored/archived_until_escalating");
    expect(historyOf(created, escalated, archived).at(-1)).toBe(
      "09:01:00 REPORTED unresolved/escalating → ignored/archived_until_escalating ARCHIVED by 3",
    );
  });

  it("is kept through a snapshot that does not show it", () => {
    const created = sent("08:00", "created", "unresolved/new");
    const silent = sent("09:00", "assigned", "unresolved");
    expect(arrivals(created, silent).map(({ state }) => textOf(state))).toEqual([
      "unresolved/new",
      "unresolved/new",
    ]);
  });
});
