import { describe, expect, it } from "vitest";
import { bucketsOf, timeZoneNamed, type Interval } from "../../src/domain/calendar.ts";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import type { IssueFilter } from "../../src/domain/filter.ts";
import type { DurationFigures } from "../../src/domain/statistics.ts";
import type { Reader } from "../../src/store/reader.ts";
import { at } from "./deliveries.ts";
import { life, type Shown, type Step } from "./lives.ts";
import { openTestStore } from "./open.ts";
import { readHere } from "./read-here.ts";

/** Asks a store that has these deliveries, in whichever order they arrive. */
async function ask<Answer>(
  deliveries: readonly IncomingDelivery[],
  question: (reader: Reader) => Promise<Answer>,
): Promise<Answer> {
  await using store = await openTestStore();
  for (const delivery of deliveries) await store.append(delivery);
  using reading = readHere(store.file);
  // Awaited here, before the store closes.
  return await question(reading.reader);
}

const now = at(100_000);
const all = { filter: {}, now };
/** From one second, inclusive, to another, exclusive. */
const within = (from: number, to: number) => ({ ...all, period: { from: at(from), to: at(to) } });
const nothing: DurationFigures = { n: 0, seconds: null };
/** The figures of durations of which there is one. */
const one = (seconds: number): DurationFigures => ({
  n: 1,
  seconds: { mean: seconds, p50: seconds, p90: seconds, p99: seconds },
});

const opened = (second: number): Step => [second, "created", "unresolved/new"];
const assigned = (second: number, shows: string): Step => [second, "assigned", shows];
const resolved = (second: number): Step => [second, "resolved", "resolved"];
const archived = (second: number): Step => [second, "archived", "ignored/archived_until_escalating"];
const unarchived = (second: number): Step => [second, "unresolved", "unresolved/ongoing"];
const regressed = (second: number): Step => [second, "unresolved", "unresolved/regressed", "sentry"];
const reopened = (second: number): Step => [second, "unresolved", "unresolved/ongoing", "ada"];

describe("facets", () => {
  const shownBy = (issue: string, shown: Shown, ...later: Step[]) =>
    life(issue, [opened(0), ...later], shown);
  const ada = { type: "user", id: "5", name: "Ada", email: "ada@acme.test" };
  const core = { type: "team", id: "3", name: "core" };
  const api = { id: "8", slug: "api", name: "Api" };
  const issues = [
    ...shownBy("1", { level: "fatal", priority: "high", issueCategory: "error", assignedTo: ada }),
    ...shownBy(
      "2",
      { level: "odd", priority: "urgent", assignedTo: { ...ada, name: "Ada L." } },
      resolved(60),
    ),
    ...shownBy("3", { level: null, project: api, assignedTo: core }, archived(60)),
    ...shownBy("4", { project: null }),
  ];

  it("count the issues that match, by the facets asked for", async () => {
    const facets = ["status", "substatus", "level", "priority", "category"] as const;
    expect(await ask(issues, (reader) => reader.issueFacets({ ...all, facets }))).toEqual({
      total: 4,
      status: [
        { key: "UNRESOLVED", count: 2 },
        { key: "IGNORED", count: 1 },
        { key: "RESOLVED", count: 1 },
      ],
      substatus: [
        { key: "NEW", count: 2 },
        { key: "ARCHIVED_UNTIL_ESCALATING", count: 1 },
        { key: null, count: 1 },
      ],
      level: [
        { key: "UNKNOWN", count: 2 },
        { key: "ERROR", count: 1 },
        { key: "FATAL", count: 1 },
      ],
      priority: [
        { key: null, count: 3 },
        { key: "HIGH", count: 1 },
      ],
      category: [
        { key: null, count: 3 },
        { key: "error", count: 1 },
      ],
    });
  });

  it("count nothing else than what matches", async () => {
    const counted = { filter: { status: { eq: "RESOLVED" } }, now } as const;
    expect(await ask(issues, (reader) => reader.issueFacets({ ...counted, facets: [] }))).toEqual({
      total: 1,
    });
    expect(await ask(issues, (reader) => reader.issueFacets({ ...counted, facets: ["level"] }))).toEqual({
      total: 1,
      level: [{ key: "UNKNOWN", count: 1 }],
    });
    expect(await ask(issues, (reader) => reader.issueProjects(counted))).toEqual([{ key: "7", count: 1 }]);
  });

  it("are all zero of nothing", async () => {
    const facets = ["status"] as const;
    expect(await ask([], (reader) => reader.issueFacets({ ...all, facets }))).toEqual({
      total: 0,
      status: [],
    });
  });

  it("count issues by project, but those without", async () => {
    expect(await ask(issues, (reader) => reader.issueProjects(all))).toEqual([
      { key: "7", count: 2 },
      { key: "8", count: 1 },
    ]);
  });

  it("count issues by assignee, as the one seen last shows it, and those of nobody", async () => {
    expect(await ask(issues, (reader) => reader.issueAssignees(all))).toEqual([
      { key: { type: "USER", sentryId: "5", name: "Ada L.", email: "ada@acme.test" }, count: 2 },
      { key: { type: "TEAM", sentryId: "3", name: "core", email: null }, count: 1 },
      { key: null, count: 1 },
    ]);
  });
});

describe("flow", () => {
  const hour = 3_600;
  /** A question about so many hours, which the test's time begins on. */
  const flow =
    (
      hours: number,
      counted: { readonly filter: IssueFilter; readonly now: number } = all,
      interval: Interval = "HOUR",
    ) =>
    (reader: Reader) => {
      const period = { from: at(0), to: at(hours * hour) };
      return reader.issueFlow({
        ...counted,
        buckets: bucketsOf(period, interval, timeZoneNamed("UTC")!, 100)!,
      });
    };
  const lives = [
    ...life("1", [
      opened(0),
      resolved(hour),
      regressed(hour + 60),
      archived(3 * hour),
      unarchived(3 * hour + 60),
    ]),
    ...life("2", [assigned(60, "unresolved/new"), resolved(hour - 1), reopened(hour + 120)]),
    ...life("3", [opened(120), archived(180), [240, "unresolved", "unresolved/escalating", "sentry"]]),
  ];
  const none = {
    opened: 0,
    resolved: 0,
    archived: 0,
    regressed: 0,
    escalated: 0,
    reopened: 0,
    unarchived: 0,
  };
  const bucket = (index: number) => ({ start: at(index * hour), end: at((index + 1) * hour) });

  it("counts transitions by kind in the bucket of their time, and what is open at its end", async () => {
    expect(await ask(lives, flow(4))).toEqual([
      { ...bucket(0), ...none, opened: 3, resolved: 1, archived: 1, escalated: 1, openAtEnd: 2 },
      { ...bucket(1), ...none, resolved: 1, regressed: 1, reopened: 1, openAtEnd: 3 },
      { ...bucket(2), ...none, openAtEnd: 3 },
      { ...bucket(3), ...none, archived: 1, unarchived: 1, openAtEnd: 3 },
    ]);
  });

  it("reckons back from now over what came after the period", async () => {
    const flows = await ask(lives, flow(1));
    expect(flows.map(({ openAtEnd, resolved }) => [openAtEnd, resolved])).toEqual([[2, 1]]);
  });

  it("is about the issues that match now", async () => {
    const counted = { filter: { shortId: { eq: "WEB-2" } }, now };
    const flows = await ask(lives, flow(2, counted));
    expect(
      flows.map(({ opened, resolved, reopened, openAtEnd }) => [opened, resolved, reopened, openAtEnd]),
    ).toEqual([
      [1, 1, 0, 0],
      [0, 0, 1, 1],
    ]);
  });

  it("says of now what is open now, whatever is dated ahead of the clock", async () => {
    const early = { filter: {}, now: at(hour) };
    const flows = await ask(lives, flow(2, early));
    expect(flows.map(({ openAtEnd }) => openAtEnd)).toEqual([3, 3]);
    const openNow = await ask(lives, (reader) =>
      reader.issueCount({ filter: { and: [{}, { status: { eq: "UNRESOLVED" } }] }, now: at(hour) }),
    );
    expect(openNow).toBe(3);
  });

  it("counts only what the history still holds", async () => {
    // The resolve was inferred first, and told an instant later: the first entry is superseded.
    const corrected = life("1", [opened(0), assigned(60, "resolved"), [61, "resolved", "resolved"]]);
    const flows = await ask(corrected, flow(1));
    expect(flows.map(({ resolved, openAtEnd }) => [resolved, openAtEnd])).toEqual([[1, 0]]);
  });

  it("finds the buckets of zones that are not a quarter hour from UTC", async () => {
    const monrovia = timeZoneNamed("Africa/Monrovia")!;
    const period = { from: Date.UTC(1970, 0, 1), to: Date.UTC(1970, 0, 2) };
    const buckets = bucketsOf(period, "HOUR", monrovia, 100)!;
    expect(buckets[0]!.end % 900_000).not.toBe(0);
    const second = (time: number) => (time - at(0)) / 1000;
    const edge = life("1", [
      [second(buckets[0]!.end) - 1, "created", "unresolved/new"],
      [second(buckets[0]!.end), "resolved", "resolved"],
    ]);
    const flows = await ask(edge, (reader) => reader.issueFlow({ ...all, buckets }));
    expect(flows.slice(0, 2).map(({ opened, resolved }) => [opened, resolved])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

describe("the time to resolve", () => {
  const ofLife = (steps: readonly Step[], from = 0, to = 10_000) =>
    ask(life("1", steps), (reader) => reader.timeToResolve(within(from, to)));

  it("is from opening to the next resolve", async () => {
    expect(await ofLife([opened(100), archived(200), unarchived(300), resolved(1100)])).toEqual(one(1000));
  });

  it("is from discovery to the next resolve", async () => {
    expect(await ofLife([assigned(100, "unresolved/ongoing"), resolved(600)])).toEqual(one(500));
  });

  it("is not from the discovery of what was archived", async () => {
    expect(await ofLife([assigned(100, "ignored/archived_forever"), resolved(600)])).toEqual(nothing);
  });

  it("is from each regression and reopening as well", async () => {
    const steps = [
      opened(0),
      resolved(10),
      regressed(20),
      resolved(50),
      reopened(100),
      resolved(200),
      regressed(300),
    ];
    expect(await ofLife(steps)).toEqual({ n: 3, seconds: { mean: 140 / 3, p50: 30, p90: 100, p99: 100 } });
  });

  it("is counted when the resolve is in the period, its beginning included and its end excluded", async () => {
    const steps = [opened(0), resolved(100)];
    expect(await ofLife(steps, 100, 101)).toEqual(one(100));
    expect(await ofLife(steps, 0, 100)).toEqual(nothing);
    expect(await ofLife(steps, 101, 1000)).toEqual(nothing);
  });

  it("begins once, with the opening, for two resolves in a row", async () => {
    expect(await ofLife([opened(0), resolved(100), archived(200), resolved(300)])).toEqual(one(100));
  });

  it("is of the issues that match", async () => {
    const lives = [...life("1", [opened(0), resolved(100)]), ...life("2", [opened(0), resolved(300)])];
    const counted = { ...within(0, 1000), filter: { shortId: { eq: "WEB-2" } } };
    expect(await ask(lives, (reader) => reader.timeToResolve(counted))).toEqual(one(300));
  });
});

describe("the time to triage", () => {
  const ofLife = (steps: readonly Step[], from = 0, to = 10_000) =>
    ask(life("1", steps), (reader) => reader.timeToTriage(within(from, to)));

  it.each<[string, Step]>([
    ["the first assignment", assigned(100, "unresolved/new")],
    ["the first resolve", resolved(100)],
    ["the first archiving", archived(100)],
  ])("is from opening to %s, and not to what comes after it", async (_, step) => {
    expect(
      await ofLife([opened(0), step, resolved(500), regressed(600), assigned(700, "unresolved/regressed")]),
    ).toEqual(one(100));
  });

  it("is not ended by an escalation", async () => {
    const escalated: Step = [50, "commented", "unresolved/escalating"];
    expect(await ofLife([opened(0), escalated, resolved(200)])).toEqual(one(200));
  });

  it("is not of issues that were first heard of when they were triaged", async () => {
    expect(
      await ofLife([assigned(0, "unresolved/new"), assigned(40, "unresolved/new"), resolved(500)]),
    ).toEqual(nothing);
    expect(
      await ofLife([assigned(0, "resolved"), regressed(40), assigned(50, "unresolved/regressed")]),
    ).toEqual(nothing);
    // Its first event is a regression, so it was opened before.
    expect(await ofLife([regressed(0), assigned(40, "unresolved/regressed")])).toEqual(nothing);
  });

  it("is counted when the triage is in the period", async () => {
    const steps = [opened(0), assigned(100, "unresolved/new"), resolved(200)];
    expect(await ofLife(steps, 100, 101)).toEqual(one(100));
    expect(await ofLife(steps, 0, 100)).toEqual(nothing);
    expect(await ofLife(steps, 101, 1000)).toEqual(nothing);
  });

  it("is of the issues that match", async () => {
    const lives = [
      ...life("1", [opened(0), assigned(100, "unresolved/new")]),
      ...life("2", [opened(0), assigned(300, "unresolved/new")]),
    ];
    const counted = { ...within(0, 1000), filter: { shortId: { eq: "WEB-2" } } };
    expect(await ask(lives, (reader) => reader.timeToTriage(counted))).toEqual(one(300));
  });
});

describe("the time in a status", () => {
  const ofLife = (steps: readonly Step[], from = 0, to = 10_000) =>
    ask(life("1", steps), (reader) => reader.timeInStatus(within(from, to)));
  const none = { UNRESOLVED: nothing, RESOLVED: nothing, IGNORED: nothing, OTHER: nothing };

  it("is that of each stay that ended, whatever its substatuses", async () => {
    const settled: Step = [30, "commented", "unresolved/ongoing"];
    const steps = [opened(0), settled, resolved(100), regressed(300), archived(700), unarchived(1500)];
    expect(await ofLife(steps)).toEqual({
      ...none,
      UNRESOLVED: { n: 2, seconds: { mean: 250, p50: 100, p90: 400, p99: 400 } },
      RESOLVED: one(200),
      IGNORED: one(800),
    });
  });

  it("takes all statuses that this version does not know for one", async () => {
    const steps: Step[] = [opened(0), [10, "changed", "muted"], [30, "changed", "snoozed"], resolved(60)];
    expect(await ofLife(steps)).toEqual({ ...none, UNRESOLVED: one(10), OTHER: one(50) });
  });

  it("is counted when the stay ended in the period", async () => {
    const steps = [opened(0), resolved(100), regressed(300)];
    expect(await ofLife(steps, 101, 301)).toEqual({ ...none, RESOLVED: one(200) });
    expect(await ofLife(steps, 100, 300)).toEqual({ ...none, UNRESOLVED: one(100) });
  });
});

describe("the reopen rate", () => {
  const ofLife = (steps: readonly Step[], from = 0, to = 10_000) =>
    ask(life("1", steps), (reader) => reader.reopenRate(within(from, to)));

  it("is null without a resolve", async () => {
    expect(await ofLife([opened(0)])).toBeNull();
  });

  it("is the share of resolves that did not last, by regression or reopening", async () => {
    const steps = [
      opened(0),
      resolved(10),
      regressed(20),
      resolved(30),
      reopened(40),
      resolved(50),
      archived(60),
    ];
    expect(await ofLife([...steps, unarchived(70), resolved(80)])).toBe(2 / 4);
  });

  it("counts resolves in the period, whenever they were undone", async () => {
    const steps = [opened(0), resolved(10), regressed(5000), resolved(6000)];
    expect(await ofLife(steps, 0, 100)).toBe(1);
    expect(await ofLife(steps, 100, 10_000)).toBe(0);
  });
});

describe("the inferred share", () => {
  it("is that of all transitions in the period, null without any", async () => {
    // Between the opening and the regression there must have been a resolve.
    const steps = [opened(0), regressed(100), resolved(200)];
    const share = (from: number, to: number) =>
      ask(life("1", steps), (reader) => reader.inferredShare(within(from, to)));
    expect(await share(0, 1000)).toBe(1 / 4);
    expect(await share(100, 200)).toBe(1 / 2);
    expect(await share(201, 1000)).toBeNull();
  });
});
