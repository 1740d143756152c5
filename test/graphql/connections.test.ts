import { describe, expect, it } from "vitest";
import type { Issue } from "../../src/domain/issue.ts";
import { checkout, delivery, event, issue, minutes, transition, unresolved } from "./builders.ts";
import { gateway } from "./gateway.ts";

type PageInfo = {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
};
type Connection = {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly sentryId: string } }[];
  readonly pageInfo: PageInfo;
};

const pageFields =
  "edges { cursor node { sentryId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";

/** Issues with these ids, each seen a minute after the one before it. */
const issues = (...ids: string[]): Issue[] => ids.map((id, i) => issue(id, { lastSeen: minutes(i) }));

async function pageOf(known: readonly Issue[], args: string): Promise<Connection> {
  const { data } = gateway({ issues: known });
  return (await data<{ issues: Connection }>(`{ issues(${args}) { ${pageFields} } }`)).issues;
}

const idsOf = ({ edges }: Connection) => edges.map(({ node }) => node.sentryId);
const oldestFirst = "orderBy: { field: LAST_SEEN, direction: ASC }";

describe("a connection", () => {
  const five = issues("1", "2", "3", "4", "5");

  it("is read forwards, page by page", async () => {
    const first = await pageOf(five, `${oldestFirst}, first: 2`);
    expect(idsOf(first)).toEqual(["1", "2"]);
    expect(first.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: first.edges[0]!.cursor,
      endCursor: first.edges[1]!.cursor,
    });

    const second = await pageOf(five, `${oldestFirst}, first: 2, after: "${first.pageInfo.endCursor}"`);
    expect(idsOf(second)).toEqual(["3", "4"]);
    expect(second.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });

    const third = await pageOf(five, `${oldestFirst}, first: 2, after: "${second.pageInfo.endCursor}"`);
    expect(idsOf(third)).toEqual(["5"]);
    expect(third.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it("is read backwards, in the same order", async () => {
    const last = await pageOf(five, `${oldestFirst}, last: 2`);
    expect(idsOf(last)).toEqual(["4", "5"]);
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });

    const before = await pageOf(five, `${oldestFirst}, last: 3, before: "${last.pageInfo.startCursor}"`);
    expect(idsOf(before)).toEqual(["1", "2", "3"]);
    expect(before.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  });

  it("is read between two cursors", async () => {
    const { edges } = await pageOf(five, oldestFirst);
    const within = await pageOf(
      five,
      `${oldestFirst}, first: 10, after: "${edges[0]!.cursor}", before: "${edges[4]!.cursor}"`,
    );
    expect(idsOf(within)).toEqual(["2", "3", "4"]);
  });

  it("is empty for `first: 0`, and says whether there is more", async () => {
    expect(await pageOf(five, "first: 0")).toEqual({
      edges: [],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
    expect((await pageOf([], "first: 0")).pageInfo.hasNextPage).toBe(false);
  });

  it("has 50 rows unless it is told otherwise, and at most 100", async () => {
    const many = issues(...Array.from({ length: 120 }, (_, i) => String(1000 + i)));
    expect(idsOf(await pageOf(many, "first: null, last: null"))).toHaveLength(50);
    expect(idsOf(await pageOf(many, "first: 100"))).toHaveLength(100);
  });

  it("goes on where it was, though rows came, went and changed", async () => {
    const { pageInfo } = await pageOf(five, `${oldestFirst}, first: 2`);
    // The row that the cursor names is gone, one before it moved to the end, and one came in between.
    const changed = [
      ...issues("9", "x", "y", "4", "5").filter(({ sentryId }) => !"xy".includes(sentryId)),
      issue("1", { lastSeen: minutes(9) }),
      issue("3", { lastSeen: minutes(2) }),
    ];
    expect(idsOf(await pageOf(changed, `${oldestFirst}, after: "${pageInfo.endCursor}"`))).toEqual([
      "3",
      "4",
      "5",
      "1",
    ]);
  });

  it("breaks ties by Sentry's id, in the direction asked for", async () => {
    const tied = ["1", "2", "3"].map((id) => issue(id, { lastSeen: minutes(0) }));
    const first = await pageOf(tied, "first: 2");
    expect(idsOf(first)).toEqual(["3", "2"]);
    expect(idsOf(await pageOf(tied, `first: 2, after: "${first.pageInfo.endCursor}"`))).toEqual(["1"]);
  });

  it.each([
    ["LAST_SEEN", { lastSeen: 1 }, { lastSeen: 2 }],
    ["FIRST_SEEN", { firstSeen: 1 }, { firstSeen: 2 }],
    ["COUNT", { count: 1 }, { count: 2 }],
    ["USER_COUNT", { userCount: 1 }, { userCount: 2 }],
    ["PRIORITY", { priorityRaw: "medium" }, { priorityRaw: "high" }],
  ])("is read by %s, across its cursors, null last", async (field, lesser, greater) => {
    const known = [issue("1", lesser), issue("2", greater)];
    const order = `orderBy: { field: ${field}, direction: DESC }`;
    const first = await pageOf(known, `${order}, first: 1`);
    expect(idsOf(first)).toEqual(["2"]);
    expect(idsOf(await pageOf(known, `${order}, first: 1, after: "${first.pageInfo.endCursor}"`))).toEqual([
      "1",
    ]);
  });

  it.each([
    ["OCCURRED_AT", [2, 3, 1]],
    ["CURSOR", [1, 2, 3]],
  ])("of transitions is read by %s, across its cursors", async (field, seqs) => {
    const change = transition(null, unresolved, "OPENED");
    const history = [30, 10, 20].map((minute, at) =>
      event(at + 1, { transition: change, occurredAt: minutes(minute) }),
    );
    const { data } = gateway({ issues: [issue("4501")], events: history });
    const occurredAts: number[] = [];
    for (let after = ""; occurredAts.length < 3;) {
      const { transitions } = await data<{
        transitions: { nodes: { occurredAt: string }[]; pageInfo: PageInfo };
      }>(
        `{ transitions(orderBy: { field: ${field}, direction: ASC }, first: 1${after}) {
          nodes { occurredAt } pageInfo { endCursor }
        } }`,
      );
      occurredAts.push(...transitions.nodes.map(({ occurredAt }) => Date.parse(occurredAt)));
      after = `, after: "${transitions.pageInfo.endCursor}"`;
    }
    expect(occurredAts).toEqual(seqs.map((seq) => history[seq - 1]!.occurredAt));
  });

  it("is read by STATUS_SINCE, and a cursor goes on past a null", async () => {
    const known = [issue("1", {}, { statusSince: 1 }), issue("2", {}, { statusSince: 2 })];
    const order = "orderBy: { field: STATUS_SINCE, direction: ASC }";
    expect(idsOf(await pageOf(known, order))).toEqual(["1", "2"]);

    const unseen = [issue("1"), issue("2"), issue("3", { lastSeen: 1 })];
    const first = await pageOf(unseen, `${oldestFirst}, first: 2`);
    expect(idsOf(first)).toEqual(["3", "1"]);
    expect(idsOf(await pageOf(unseen, `${oldestFirst}, after: "${first.pageInfo.endCursor}"`))).toEqual([
      "2",
    ]);
  });

  it("is in the default order when the order is given as null", async () => {
    expect(idsOf(await pageOf(five, "orderBy: null, first: 1"))).toEqual(["5"]);
  });

  it("counts only when that is asked", async () => {
    const { data, reader } = gateway({ issues: five });
    await data("{ issues { nodes { id } } }");
    expect(reader.asked.map(({ name }) => name)).toEqual(["issuePage"]);
    expect(await data("{ issues(first: 1) { totalCount } }")).toEqual({ issues: { totalCount: 5 } });
    expect(reader.asked.map(({ name }) => name)).toContain("issueCount");
  });
});

describe("wrong arguments of a connection", () => {
  const known = {
    issues: [issue("1", { lastSeen: minutes(0) }), issue("2", { lastSeen: minutes(1) })],
    projects: [checkout],
    deliveries: [delivery(1)],
    events: [
      event(1, { issueId: "1", transition: transition(null, unresolved, "OPENED") }),
      event(2, { issueId: "2", transition: transition(null, unresolved, "OPENED") }),
    ],
  };

  const lists = [
    (args: string) => `issues(${args}) { pageInfo { endCursor } }`,
    (args: string) => `projects(${args}) { pageInfo { endCursor } }`,
    (args: string) => `deliveries(${args}) { pageInfo { endCursor } }`,
    (args: string) => `transitions(${args}) { pageInfo { endCursor } }`,
    (args: string) => `issue(sentryId: "1") { events(${args}) { pageInfo { endCursor } } }`,
    (args: string) => `issue(sentryId: "1") { transitions(${args}) { pageInfo { endCursor } } }`,
    (args: string) => `project(slug: "checkout") { issues(${args}) { pageInfo { endCursor } } }`,
  ];

  it.each([
    ["first: -1", "`first` must not be negative."],
    ["last: -1", "`last` must not be negative."],
    ["first: 101", "`first` must be at most 100."],
    ["last: 100000000", "`last` must be at most 100."],
    ["first: 1, last: 1", "`first` and `last` cannot be given together."],
    ["first: 0, last: 0", "`first` and `last` cannot be given together."],
    ['after: "garbage"', "`after` is not a page cursor of this list."],
    ['before: ""', "`before` is not a page cursor of this list."],
    ['after: "\'; DROP TABLE issues --"', "`after` is not a page cursor of this list."],
  ])("say what is wrong, in every list: %s", async (args, message) => {
    for (const list of lists) {
      const { errors } = await gateway(known).ask(`{ ${list(args)} }`);
      expect(errors).toEqual([expect.objectContaining({ message, extensions: { code: "BAD_USER_INPUT" } })]);
    }
  });

  /** The cursor of the first row of a list. */
  async function cursorOf(list: string): Promise<string> {
    const { data } = gateway(known);
    const found = JSON.stringify(await data(`{ ${list} }`));
    return /"endCursor":"([^"]+)"/.exec(found)![1]!;
  }

  it("are the cursors of every other list", async () => {
    const cursors = await Promise.all(lists.map((list) => cursorOf(list("first: 1"))));
    for (const [own, list] of lists.entries()) {
      for (const [from, cursor] of cursors.entries()) {
        const codes = await gateway(known).codes(`{ ${list(`after: "${cursor}"`)} }`);
        expect(codes, `cursor ${from} in list ${own}`).toEqual(own === from ? [] : ["BAD_USER_INPUT"]);
      }
    }
  });

  it.each([
    [1, 5, 1],
    [1, null, 1],
    ["1", "AA", 1],
    [1, "AA", "1"],
  ])("are cursors of transitions that hold no key: %j", async (...key) => {
    const name = "transitions by CURSOR in e1";
    const forged = Buffer.from(JSON.stringify(["p1", name, ...key])).toString("base64url");
    expect(
      await gateway(known).codes(
        `{ transitions(after: "${forged}", orderBy: { field: CURSOR, direction: ASC }) { totalCount } }`,
      ),
    ).toEqual(["BAD_USER_INPUT"]);
  });

  it("are the cursors of another order", async () => {
    const byCount = (args: string) =>
      `issues(${args} orderBy: { field: COUNT, direction: DESC }) { pageInfo { endCursor } }`;
    const cursor = await cursorOf(byCount(""));
    expect(await gateway(known).codes(`{ issues(after: "${cursor}") { pageInfo { endCursor } } }`)).toEqual([
      "BAD_USER_INPUT",
    ]);
    expect(await gateway(known).codes(`{ ${byCount(`after: "${cursor}"`)} }`)).toEqual([]);
  });

  it("are the cursors of another epoch where positions are in them, with a code of their own", async () => {
    const afterRebuild = gateway({ ...known, bounds: { epoch: "e2" } });
    const codes = await Promise.all(
      lists.map(async (list) =>
        afterRebuild.codes(`{ ${list(`after: "${await cursorOf(list("first: 1"))}"`)} }`),
      ),
    );
    expect(codes).toEqual([[], [], [], ["EPOCH_CHANGED"], [], [], []]);
  });

  it("are the cursors of another parent", async () => {
    const cursor = await cursorOf('issue(sentryId: "2") { events { pageInfo { endCursor } } }');
    expect(
      await gateway(known).codes(
        `{ issue(sentryId: "1") { events(after: "${cursor}") { pageInfo { endCursor } } } }`,
      ),
    ).toEqual(["BAD_USER_INPUT"]);
  });

  it("are on the field: the others answer", async () => {
    const { data, errors } = await gateway(known).ask(
      '{ issue(sentryId: "1") { sentryId } bad: issue { id } }',
    );
    expect(data).toEqual({ issue: { sentryId: "1" }, bad: null });
    expect(errors).toEqual([expect.objectContaining({ path: ["bad"] })]);
  });
});
