import { describe, expect, it } from "vitest";
import type { IssueFilter } from "../../src/domain/filter.ts";
import type { Reader } from "../../src/store/reader.ts";
import { now } from "./builders.ts";
import { gateway } from "./gateway.ts";

/** The filter that the reader was asked with, for the filter that a client gave. */
async function readAs(filter: unknown, field = "issues", type = "IssueFilter"): Promise<unknown> {
  const { data, reader } = gateway();
  await data(`query ($filter: ${type}) { ${field}(filter: $filter) { nodes { id } } }`, { filter });
  const [request] = reader.asked.find(({ name }) => name.endsWith("Page"))!.args as Parameters<
    Reader["issuePage"]
  >;
  return request!.filter;
}

const refused = async (filter: unknown, field = "issues", type = "IssueFilter") =>
  gateway().ask(`query ($filter: ${type}) { ${field}(filter: $filter) { nodes { id } } }`, { filter });

describe("a filter", () => {
  it("is given to the reader as data", async () => {
    const filter = {
      and: [{ status: { eq: "UNRESOLVED" } }, { or: [{ level: { in: ["ERROR", "FATAL"] } }] }],
      not: { assignee: { type: "TEAM", email: { null: true } } },
      sentryId: { nin: ["1"] },
      search: "50%",
      title: { contains: "x", startsWith: "T" },
      project: { slug: { eq: "checkout" }, sentryId: { eq: "11" } },
      isUnhandled: { eq: false },
      priority: { neq: "LOW", null: false },
    };
    expect(await readAs(filter)).toEqual(filter);
  });

  it("is every issue's when it is left out or null", async () => {
    expect(await readAs(null)).toEqual({});
    expect(await readAs(undefined)).toEqual({});
  });

  it("loses what is given as null, however deep, and nothing else", async () => {
    expect(
      await readAs({
        and: null,
        not: null,
        or: [],
        search: "",
        status: { eq: null, in: [] },
        project: { slug: { null: null, eq: "" } },
        assignee: null,
        isUnhandled: { eq: false },
        count: { gte: 0 },
      }),
    ).toEqual({
      or: [],
      search: "",
      status: { in: [] },
      project: { slug: { eq: "" } },
      isUnhandled: { eq: false },
      count: { gte: 0 },
    } satisfies IssueFilter);
  });

  it("makes so many comparisons and no more", async () => {
    const or = (count: number) => ({
      or: Array.from({ length: 1_000 }, () => ({
        title: { eq: "a" },
        ...(count > 2 && { count: { gt: 1 } }),
        search: "b",
      })),
    });
    expect((await refused(or(2))).errors).toBeUndefined();
    expect((await refused({ not: or(3) })).errors).toMatchObject([
      { message: "A filter makes at most 2000 comparisons.", extensions: { code: "BAD_USER_INPUT" } },
    ]);
  });

  it("counts times from the request's clock", async () => {
    const { data, reader } = gateway();
    await data('{ issues(filter: { lastSeen: { gt: "-P7D" } }) { totalCount } }');
    for (const { args } of reader.asked) expect(args[0]).toMatchObject({ now });
  });

  it("reads times and durations", async () => {
    expect(
      await readAs({
        lastSeen: { gt: "2026-11-23T10:00:00+01:00", lte: "-P1M" },
        statusSince: { gte: "-PT90M", lt: "P1Y", null: false },
      }),
    ).toEqual({
      lastSeen: { gt: { at: Date.UTC(2026, 10, 23, 9) }, lte: { fromNow: { months: -1, milliseconds: 0 } } },
      statusSince: {
        gte: { fromNow: { months: 0, milliseconds: -5_400_000 } },
        lt: { fromNow: { months: 12, milliseconds: 0 } },
        null: false,
      },
    } satisfies IssueFilter);
  });

  it.each([9007199254740991, "9007199254740991"])("reads the number %j", async (number) => {
    expect(await readAs({ count: { eq: number } })).toEqual({ count: { eq: 9007199254740991 } });
  });

  it.each([
    [{ count: { eq: 9007199254740992 } }],
    [{ count: { eq: "9007199254740992" } }],
    [{ count: { eq: 1.5 } }],
    [{ count: { eq: "1e3" } }],
    [{ count: { eq: "" } }],
    [{ count: { eq: true } }],
    [{ lastSeen: { gt: "yesterday" } }],
    [{ lastSeen: { gt: 1763893530000 } }],
    [{ lastSeen: { gt: "2026-11-23" } }],
    [{ status: { eq: "open" } }],
    [{ unheard: { eq: 1 } }],
  ])("is refused before it is executed when it is %j", async (filter) => {
    const { data, errors } = await refused(filter);
    expect(data).toBe(undefined);
    expect(errors).toEqual([expect.objectContaining({ extensions: { code: "BAD_USER_INPUT" } })]);
  });

  /** A filter that holds `depth` filters, itself included. */
  const nested = (depth: number): object =>
    depth === 1
      ? {}
      : { [["not", "and", "or"][depth % 3]!]: depth % 3 === 0 ? nested(depth - 1) : [nested(depth - 1)] };

  it("nests eight deep and no deeper", async () => {
    expect(await readAs(nested(8))).toEqual(nested(8));
    expect((await refused(nested(9))).errors).toEqual([
      expect.objectContaining({
        message: "Filters nest at most 8 deep.",
        path: ["issues"],
        extensions: { code: "BAD_USER_INPUT" },
      }),
    ]);
  });

  it.each([
    ["issues", "IssueFilter", (list: string[]) => ({ sentryId: { in: list } })],
    ["issues", "IssueFilter", (list: string[]) => ({ not: { title: { nin: list } } })],
    ["issues", "IssueFilter", (list: string[]) => ({ or: list.map(() => ({})) })],
    ["transitions", "TransitionFilter", (list: string[]) => ({ kind: list.map(() => "RESOLVED") })],
    ["transitions", "TransitionFilter", (list: string[]) => ({ issue: { sentryId: { in: list } } })],
    ["deliveries", "DeliveryFilter", (list: string[]) => ({ resource: list })],
  ])("holds lists of a thousand and no more: %s, %s", async (field, type, filterWith) => {
    const list = Array.from({ length: 1001 }, () => "1");
    const fitting = filterWith(list.slice(1));
    expect(await readAs(fitting, field, type)).toEqual(fitting);
    expect((await refused(filterWith(list), field, type)).errors).toEqual([
      expect.objectContaining({
        message: "A list in a filter holds at most 1000 values.",
        extensions: { code: "BAD_USER_INPUT" },
      }),
    ]);
  });

  it("of a transition counts the issue's filter as one deeper", async () => {
    const deep = { issue: nested(7) };
    expect(await readAs(deep, "transitions", "TransitionFilter")).toEqual(deep);
    expect((await refused({ issue: nested(8) }, "transitions", "TransitionFilter")).errors).toHaveLength(1);
  });

  it("of a transition is given as data", async () => {
    const filter = {
      kind: ["REGRESSED", "ESCALATED"],
      source: ["REPORTED"],
      fromStatus: { eq: "RESOLVED" },
      toStatus: { neq: "OTHER" },
      toSubstatus: { null: false },
      actorType: ["USER"],
      issue: { status: { eq: "UNRESOLVED" } },
    };
    expect(await readAs(filter, "transitions", "TransitionFilter")).toEqual(filter);
  });

  it("of a delivery is given as data", async () => {
    const filter = { outcome: ["QUARANTINED"], resource: ["issue"], issueSentryId: "4501" };
    expect(await readAs({ ...filter, receivedAt: { gte: "-P1D" } }, "deliveries", "DeliveryFilter")).toEqual({
      ...filter,
      receivedAt: { gte: { fromNow: { months: 0, milliseconds: -86_400_000 } } },
    });
  });
});
