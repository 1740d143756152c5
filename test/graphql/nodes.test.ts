import { describe, expect, it } from "vitest";
import { nodeId, type NodeType } from "../../src/domain/node-id.ts";
import { checkout, delivery, event, issue, minutes, transition, unresolved } from "./builders.ts";
import { gateway } from "./gateway.ts";

const ada = { type: "USER", sentryId: "7", name: "Ada", email: null } as const;
const core = { type: "TEAM", sentryId: "7", name: "core", email: null } as const;

const known = {
  issues: [
    issue("1", { assignee: { ...ada, name: "Ada, long ago" }, lastSeen: minutes(0) }),
    issue("2", { assignee: ada, lastSeen: minutes(1) }),
    issue("3", { assignee: core }),
  ],
  projects: [checkout],
  events: [
    event(1, { issueId: "1", transition: transition(null, unresolved, "OPENED") }),
    event(2, { issueId: "1" }),
  ],
  deliveries: [delivery(5)],
};

const own: Readonly<Record<NodeType, string>> = {
  Issue: "1",
  Project: "11",
  User: "7",
  Team: "7",
  IssueEvent: "d1.report",
  StatusTransition: "d1.report",
  Delivery: "5",
};

describe("a node", () => {
  it.each(Object.keys(own) as NodeType[])(
    "that is a %s is found by its id, and has that id",
    async (type) => {
      const id = nodeId(type, own[type]);
      expect(
        await gateway(known).data("query ($id: ID!) { node(id: $id) { __typename id } }", { id }),
      ).toEqual({
        node: { __typename: type, id },
      });
    },
  );

  it("that is a user is as the issue seen last shows it", async () => {
    const answer = await gateway(known).data(
      `{ node(id: "${nodeId("User", "7")}") { ... on User { name } } }`,
    );
    expect(answer).toEqual({ node: { name: "Ada" } });
  });

  it("that is a project is the same by its id, its slug, its issues and their counts, also once it was renamed", async () => {
    const renamed = { ...checkout, slug: "storefront", name: "Storefront", platform: "node" };
    const { data } = gateway({ ...known, projects: [renamed] });
    const answer = await data<Record<string, unknown>>(
      `query ($id: ID!) {
        node(id: $id) { ...Shown }
        project(slug: "storefront") { ...Shown }
        issue(sentryId: "1") { project { ...Shown } }
        issues { nodes { project { ...Shown } } }
        issueStats { byProject { project { ...Shown } } }
      }
      fragment Shown on Project { id sentryId slug name platform }`,
      { id: nodeId("Project", "11") },
    );
    const project = { id: nodeId("Project", "11"), ...renamed };
    expect(answer).toEqual({
      node: project,
      project,
      issue: { project },
      issues: { nodes: [{ project }, { project }, { project }] },
      issueStats: { byProject: expect.arrayContaining([{ project }]) },
    });
  });

  it("that is a project is as an issue shows it where it was forgotten while it was read", async () => {
    const { data } = gateway({ ...known, projects: [] });
    expect(await data('{ issue(sentryId: "1") { project { slug } } }')).toEqual({
      issue: { project: { slug: "checkout" } },
    });
  });

  it("that is an event is no transition unless it has one", async () => {
    const { data } = gateway(known);
    expect(await data(`{ node(id: "${nodeId("StatusTransition", "d2.report")}") { id } }`)).toEqual({
      node: null,
    });
    expect(await data(`{ node(id: "${nodeId("IssueEvent", "d2.report")}") { __typename } }`)).toEqual({
      node: { __typename: "IssueEvent" },
    });
  });

  it.each([
    "",
    "rubbish",
    "🙂",
    "1",
    Buffer.from("Issue").toString("base64"),
    Buffer.from("Issue:").toString("base64"),
    Buffer.from("Query:1").toString("base64"),
    Buffer.from("__proto__:1").toString("base64"),
    nodeId("Issue", "404"),
    nodeId("Project", "404"),
    nodeId("User", "404"),
    nodeId("Team", "404"),
    nodeId("IssueEvent", "d404.report"),
    nodeId("StatusTransition", "d404.report"),
    nodeId("Delivery", "404"),
    nodeId("Delivery", "5.0"),
    nodeId("Delivery", " 5"),
    nodeId("Delivery", "0x5"),
    nodeId("Delivery", "9".repeat(40)),
    "A".repeat(10_000),
  ])("is null for %j", async (id) => {
    expect(await gateway(known).data("query ($id: ID!) { node(id: $id) { id } }", { id })).toEqual({
      node: null,
    });
  });
});

describe("nodes", () => {
  const query = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";

  it("are in the order asked for, with null for those that are not there", async () => {
    const ids = [
      nodeId("StatusTransition", "d1.report"),
      "rubbish",
      nodeId("IssueEvent", "d1.report"),
      nodeId("Issue", "1"),
      nodeId("Issue", "1"),
    ];
    expect(await gateway(known).data(query, { ids })).toEqual({
      nodes: [
        { __typename: "StatusTransition", id: ids[0] },
        null,
        { __typename: "IssueEvent", id: ids[2] },
        { __typename: "Issue", id: ids[3] },
        { __typename: "Issue", id: ids[3] },
      ],
    });
  });

  it("are loaded together", async () => {
    const { data, reader } = gateway(known);
    await data(query, { ids: ["1", "2", "3"].map((id) => nodeId("Issue", id)) });
    expect(reader.asked).toEqual([{ name: "issues", args: [["1", "2", "3"]] }]);
  });

  it("that are people are asked for together, in as many lists as there are", async () => {
    const { data, reader } = gateway(known);
    const ids = (list: string) => ["1", "2"].map((index) => nodeId("User", list + index));
    await data("query ($a: [ID!]!, $b: [ID!]!) { a: nodes(ids: $a) { id } b: nodes(ids: $b) { id } }", {
      a: ids("a"),
      b: ids("b"),
    });
    expect(reader.asked).toEqual([{ name: "assignees", args: ["USER", ["a1", "a2", "b1", "b2"]] }]);
  });

  it("are a hundred at most", async () => {
    const ids = (count: number) => Array.from({ length: count }, () => "rubbish");
    expect(await gateway().data(query, { ids: ids(100) })).toEqual({ nodes: Array(100).fill(null) });
    expect(await gateway().codes(query, { ids: ids(101) })).toEqual(["BAD_USER_INPUT"]);
  });
});
