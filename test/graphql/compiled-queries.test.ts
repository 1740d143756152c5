import { describe, expect, it } from "vitest";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import { issue } from "./builders.ts";
import { fakeReader } from "./fake-reader.ts";
import { gateway } from "./gateway.ts";

const known = {
  issues: [
    issue("1", { assignee: { type: "USER", sentryId: "5", name: "Ada", email: null } }),
    issue("2", {
      title: "Ünïcode",
      assignee: { type: "TEAM", sentryId: "6", name: "Payments", email: null },
    }),
  ],
};

/** More often than it takes to be compiled. */
const turns = [1, 2, 3, 4, 5];

describe("a query that is asked again and again", () => {
  it.each<[string, object]>([
    ["{ feed { epoch } }", {}],
    ['{ a: issue(sentryId: "1") { ...on Issue { title } } b: issue(sentryId: "none") { title } }', {}],
    [
      `query ($id: String!, $with: Boolean = true) { issue(sentryId: $id) {
        ...State @include(if: $with) ...State @skip(if: $with) assignee { __typename ...on User { name } ...on Team { name } } } }
       fragment State on Issue { status statusRaw metadata }`,
      { id: "1" },
    ],
    [
      `query ($filter: IssueFilter) { issues(first: 2, filter: $filter) { nodes { id title project { slug } } totalCount } }`,
      { filter: { or: [{ title: { contains: "x" } }, { not: { and: [{ status: { eq: "RESOLVED" } }] } }] } },
    ],
    ["{ issues(first: 2) { edges { cursor node { id __typename } } pageInfo { hasNextPage } } }", {}],
    ["{ __schema { types { name } } }", {}],
    [
      "query ($name: String!) { ...Types } fragment Types on Query { __type(name: $name) { kind } }",
      { name: "Anything__" },
    ],
    // Wrong: in a variable, in an argument, in a cursor.
    ["query ($id: ID!) { node(id: $id) { id } }", {}],
    ["query ($first: Int) { issues(first: $first) { totalCount } }", { first: "1" }],
    ["{ issues(first: -1) { totalCount } feed { epoch } }", {}],
    [
      "query ($d: OrderDirection!) { issues(orderBy: { field: COUNT, direction: $d }) { nodes { id } } }",
      { d: "UP" },
    ],
    // Null, by a variable that may be null, where that is not allowed: a default lets it stand there.
    [
      "query ($d: OrderDirection = ASC) { issues(orderBy: { field: COUNT, direction: $d }) { nodes { id } } }",
      { d: null },
    ],
    [
      "query ($s: IssueStatus = RESOLVED) { issues(filter: { status: { nin: [$s] } }) { totalCount } }",
      { s: null },
    ],
    ["query ($i: Interval) { issueStats { flow(interval: $i) { end } } }", { i: null }],
    ["query ($i: Interval) { issueStats { flow(interval: $i) { end } } }", {}],
    ["query ($if: Boolean = true) { feed @include(if: $if) { epoch } }", { if: null }],
    ["{ ...F @include(if: false) ...F @include(if: true) } fragment F on Query { feed { epoch } }", {}],
    ["{ ... on Query @skip(if: true) { ...F } ...F } fragment F on Query { feed { epoch } }", {}],
    ["{ ...G @skip(if: true) ...F } fragment G on Query { ...F } fragment F on Query { feed { epoch } }", {}],
  ])("is answered as it was the first time: %s", async (query, variables) => {
    const { post } = gateway(known);
    const answers: unknown[] = [];
    for (const _ of turns) {
      const response = await post({ query, variables });
      answers.push([response.status, await response.json()]);
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it("is answered for the operation that is named", async () => {
    const { post } = gateway(known);
    const query = '{ x: __typename } query B { y: issue(sentryId: "1") { title } }'.replace(
      "{ x",
      "query A { x",
    );
    for (const _ of turns)
      for (const [operationName, field] of [
        ["A", "x"],
        ["B", "y"],
      ]) {
        const { data } = (await (await post({ query, operationName })).json()) as { readonly data: object };
        expect(Object.keys(data)).toEqual([field]);
      }
  });

  it("asks the store once each time", async () => {
    const reader = fakeReader(known);
    let asked = 0;
    const issuePage: typeof reader.issuePage = (request) => {
      asked += 1;
      return reader.issuePage(request);
    };
    const store = { reader: { ...reader, issuePage }, readTransaction: () => Promise.reject(new Error()) };
    const { data } = gateway({}, { store });
    const query =
      "query ($filter: IssueFilter, $first: Int) { issues(filter: $filter, first: $first) { nodes { id } } }";
    const variables = { filter: { status: { eq: "UNRESOLVED" } }, first: 2 };
    for (const _ of turns) await data(query, variables);
    expect(asked).toBe(turns.length);
  });

  it("does not ask a store again that could not be read", async () => {
    let asked = 0;
    const issues = () => {
      asked += 1;
      return Promise.reject(new StorageUnavailableError("away"));
    };
    const { codes } = gateway(
      {},
      {
        store: {
          reader: { ...fakeReader(known), issues },
          readTransaction: () => Promise.reject(new Error()),
        },
      },
    );
    for (const _ of turns)
      expect(await codes('{ issue(sentryId: "1") { title } }')).toEqual(["SERVICE_UNAVAILABLE"]);
    expect(asked).toBe(turns.length);
  });
});
