import { getNamedType, isObjectType, parse, TypeInfo, visit, visitWithTypeInfo } from "graphql";
import { describe, expect, it } from "vitest";
import { nodeId } from "../../src/domain/node-id.ts";
import { schema } from "../../src/graphql/schema.ts";
import { checkout, event, issue, minutes, now, resolved, transition, unresolved } from "./builders.ts";
import { gateway } from "./gateway.ts";

const ada = { type: "USER", sentryId: "7", name: "Ada", email: null } as const;
const day = 24 * 60;
const iso = (time: number) => new Date(time).toISOString();

/** Three issues: one opened and resolved yesterday, one that was opened today, one of which nothing is known. */
const known = {
  issues: [
    issue("1", { assignee: ada, levelRaw: "fatal", priorityRaw: "high" }, { state: resolved }),
    issue("2", { category: null }),
    issue("3", { project: null, levelRaw: null }),
  ],
  projects: [checkout],
  events: [
    event(1, { issueId: "1", occurredAt: minutes(-day), transition: transition(null, unresolved, "OPENED") }),
    event(2, {
      issueId: "1",
      occurredAt: minutes(-day + 60),
      transition: transition(unresolved, resolved, "RESOLVED"),
    }),
    event(3, { issueId: "2", occurredAt: minutes(-60), transition: transition(null, unresolved, "OPENED") }),
  ],
  durations: { n: 2, seconds: { mean: 1.5, p50: 1, p90: 2, p99: 2.5 } },
  reopenRate: 0.5,
};

const durations = "n meanSeconds p50Seconds p90Seconds p99Seconds";
const everything = `{
  issueStats(period: { from: "-P1D" }) {
    total
    byStatus { status count }
    bySubstatus { substatus count }
    byLevel { key count }
    byPriority { key count }
    byCategory { key count }
    byProject { project { id } count }
    byAssignee { assignee { ... on User { name } } count }
    flow { start end opened resolved archived regressed escalated reopened unarchived openAtEnd }
    timeToResolve { ${durations} }
    timeToTriage { ${durations} }
    timeInStatus { status seconds { ${durations} } }
    reopenRate
    inferredShare
  }
}`;

describe("issueStats", () => {
  it("shows every field", async () => {
    const took = { n: 2, meanSeconds: 1.5, p50Seconds: 1, p90Seconds: 2, p99Seconds: 2.5 };
    const none = { n: 0, meanSeconds: null, p50Seconds: null, p90Seconds: null, p99Seconds: null };
    const quiet = { archived: 0, regressed: 0, escalated: 0, reopened: 0, unarchived: 0, openAtEnd: 3 };
    expect(await gateway(known).data(everything)).toEqual({
      issueStats: {
        total: 3,
        byStatus: [
          { status: "UNRESOLVED", count: 2 },
          { status: "RESOLVED", count: 1 },
        ],
        bySubstatus: [
          { substatus: "NEW", count: 2 },
          { substatus: null, count: 1 },
        ],
        byLevel: [
          { key: "ERROR", count: 1 },
          { key: "FATAL", count: 1 },
          { key: "UNKNOWN", count: 1 },
        ],
        byPriority: [
          { key: null, count: 2 },
          { key: "HIGH", count: 1 },
        ],
        byCategory: [
          { key: "error", count: 2 },
          { key: null, count: 1 },
        ],
        byProject: [{ project: { id: nodeId("Project", checkout.sentryId) }, count: 2 }],
        byAssignee: [
          { assignee: null, count: 2 },
          { assignee: { name: "Ada" }, count: 1 },
        ],
        flow: [
          { start: iso(minutes(-day)), end: iso(minutes(-day / 2)), opened: 1, resolved: 1, ...quiet },
          { start: iso(minutes(-day / 2)), end: iso(now), opened: 1, resolved: 0, ...quiet },
        ],
        timeToResolve: took,
        timeToTriage: took,
        timeInStatus: [
          { status: "UNRESOLVED", seconds: took },
          { status: "RESOLVED", seconds: took },
          { status: "IGNORED", seconds: took },
          { status: "OTHER", seconds: none },
        ],
        reopenRate: 0.5,
        inferredShare: 0,
      },
    });
  });

  it("asks each question once, and those about facets together", async () => {
    const { data, reader } = gateway(known);
    await data(everything);
    expect(reader.asked.map(({ name }) => name).toSorted()).toEqual(
      [
        "inferredShare",
        "issueAssignees",
        "issueFacets",
        "issueFlow",
        "issueProjects",
        "projects",
        "reopenRate",
        "timeInStatus",
        "timeToResolve",
        "timeToTriage",
      ].toSorted(),
    );
    expect(reader.asked.find(({ name }) => name === "issueFacets")!.args).toEqual([
      { filter: {}, now, facets: ["status", "substatus", "level", "priority", "category"] },
    ]);
  });

  it("asks for nothing that is not selected", async () => {
    const { data, reader } = gateway(known);
    await data("{ issueStats { __typename } }");
    expect(reader.asked).toEqual([]);
    await data("{ issueStats { total } }");
    expect(reader.asked).toEqual([{ name: "issueFacets", args: [{ filter: {}, now, facets: [] }] }]);
  });

  it("asks the same once under two names, and what differs apart", async () => {
    const { data, reader } = gateway(known);
    await data(`{
      a: issueStats { total reopenRate byProject(first: 1) { count } flow { opened } hours: flow(interval: HOUR, timeZone: "UTC") { opened } }
      b: issueStats { total reopenRate byProject { count } flow(interval: DAY) { start } }
      c: issueStats(filter: { status: { eq: RESOLVED } }) { reopenRate }
      d: issueStats(period: { from: "-P7D" }) { reopenRate }
    }`);
    expect(reader.asked.map(({ name }) => name).toSorted()).toEqual([
      "issueFacets",
      "issueFlow",
      "issueFlow",
      "issueProjects",
      "reopenRate",
      "reopenRate",
      "reopenRate",
    ]);
  });

  it("asks again in another execution", async () => {
    const { data, reader } = gateway(known);
    await data("{ issueStats { total } }");
    await data("{ issueStats { total } }");
    expect(reader.asked).toHaveLength(2);
  });
});

describe("the issues of statistics", () => {
  it("are those that match", async () => {
    const { data, reader } = gateway(known);
    const filter = { status: { in: ["RESOLVED"] }, and: null };
    expect(
      await data(
        "query ($filter: IssueFilter) { issueStats(filter: $filter) { total byProject { count } } }",
        {
          filter,
        },
      ),
    ).toEqual({ issueStats: { total: 1, byProject: [{ count: 1 }] } });
    expect(reader.asked.map(({ args }) => args)).toContainEqual([
      { filter: { status: { in: ["RESOLVED"] } }, now },
    ]);
  });
});

describe("the period of statistics", () => {
  const periodOf = async (args: string) => {
    const { data, reader } = gateway(known);
    await data(`{ issueStats${args} { reopenRate } }`);
    return (reader.asked[0]!.args[0] as { period: { from: number; to: number } }).period;
  };

  it.each([
    ["", { from: minutes(-30 * day), to: now }],
    ['(period: { from: "-PT1H", to: null })', { from: minutes(-60), to: now }],
    ['(period: { from: "-PT2H", to: "-PT1H" })', { from: minutes(-120), to: minutes(-60) }],
    ['(period: { from: "2026-11-23T00:00:00Z", to: "P1D" })', { from: minutes(-day / 2), to: minutes(day) }],
  ])("is as given: %s", async (args, period) => {
    expect(await periodOf(args)).toEqual(period);
  });

  it.each([
    '{ from: "PT0S" }',
    '{ from: "PT1S" }',
    '{ from: "-P1D", to: "-P2D" }',
    '{ from: "2026-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z" }',
    '{ from: "0001-01-01T00:00:00+01:00" }',
    '{ from: "-P1D", to: "9999-12-31T23:59:59-01:00" }',
  ])("is refused: %s", async (period) => {
    const { codes, reader } = gateway(known);
    expect(await codes(`{ issueStats(period: ${period}) { total } }`)).toEqual(["BAD_USER_INPUT"]);
    expect(reader.asked).toEqual([]);
  });
});

describe("the flow of statistics", () => {
  const flow = (args: string, period = '{ from: "2026-10-24T22:00:00Z", to: "2026-10-26T23:00:00Z" }') =>
    gateway(known).ask<{ issueStats: { flow: { start: string }[] } }>(
      `{ issueStats(period: ${period}) { flow${args} { start } } }`,
    );

  it("has the buckets of the interval and the time zone", async () => {
    expect((await flow('(timeZone: "Europe/Berlin")')).data.issueStats.flow).toEqual([
      { start: "2026-10-24T22:00:00.000Z" },
      { start: "2026-10-25T23:00:00.000Z" },
    ]);
    expect((await flow('(interval: HOUR, timeZone: "Europe/Berlin")')).data.issueStats.flow).toHaveLength(49);
    expect((await flow("(interval: WEEK)")).data.issueStats.flow).toEqual([
      { start: "2026-10-24T22:00:00.000Z" },
      { start: "2026-10-26T00:00:00.000Z" },
    ]);
  });

  it("has a thousand buckets and no more", async () => {
    const hours = (count: number) => `{ from: "-PT${count}H" }`;
    expect((await flow("(interval: HOUR)", hours(1000))).data.issueStats.flow).toHaveLength(1000);
    const { errors } = await flow("(interval: HOUR)", hours(1001));
    expect(errors).toMatchObject([
      {
        message:
          "The period has about 1,001 buckets of the interval HOUR; flow has at most 1,000. Take a longer interval or a " +
          "shorter period.",
        extensions: { code: "BAD_USER_INPUT" },
      },
    ]);
  });

  it("refuses at once what would take long to cut", async () => {
    const { errors } = await flow("(interval: HOUR)", '{ from: "0001-01-01T00:00:00Z" }');
    expect(errors).toMatchObject([{ message: expect.stringMatching(/about 17,7\d\d,\d{3} buckets/) }]);
  });

  it.each(["Mars/Olympus_Mons", "", "+01:00"])("refuses the time zone %j", async (zone) => {
    const { errors } = await flow(`(timeZone: "${zone}")`);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  });
});

describe.each(["byProject", "byAssignee"])("%s", (ranking) => {
  const many = {
    issues: Array.from({ length: 30 }, (_, i) =>
      issue(String(i), {
        project: { ...checkout, sentryId: String(100 + i) },
        assignee: { ...ada, sentryId: String(100 + i) },
      }),
    ),
    projects: Array.from({ length: 30 }, (_, i) => ({ ...checkout, sentryId: String(100 + i) })),
  };
  const ask = (args: string) =>
    gateway(many).ask<{ issueStats: Record<string, object[]> }>(
      `{ issueStats { ${ranking}${args} { count } } }`,
    );

  it.each([
    ["", 20],
    ["(first: null)", 20],
    ["(first: 0)", 0],
    ["(first: 25)", 25],
    ["(first: 100)", 30],
  ])("has so many groups: %s", async (args, size) => {
    expect((await ask(args)).data.issueStats[ranking]).toHaveLength(size);
  });

  it.each(["(first: -1)", "(first: 101)"])("refuses %s", async (args) => {
    expect((await ask(args)).errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  });
});

describe("these tests", () => {
  it("name every field of statistics", () => {
    const info = new TypeInfo(schema);
    const named = new Set<string>();
    visit(
      parse(everything),
      visitWithTypeInfo(info, {
        Field: () => {
          named.add(`${getNamedType(info.getParentType())?.name}.${info.getFieldDef()?.name}`);
        },
      }),
    );
    const types = Object.values(schema.getTypeMap()).filter(({ name }) =>
      /^(IssueStats|FlowBucket|DurationStats|StatusDuration)$|Count$/.test(name),
    );
    expect(types).toHaveLength(9);
    const all = types.flatMap((type) =>
      isObjectType(type) ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
    );
    expect(all.filter((field) => !named.has(field))).toEqual([]);
  });
});
