import { describe, expect, it } from "vitest";
import { delivery, event, fields, issue, minutes, resolved, transition, unresolved } from "./builders.ts";
import { gateway } from "./gateway.ts";

const ids = Array.from({ length: 50 }, (_, i) => String(4500 + i));
const ada = { type: "USER", sentryId: "7", name: "Ada", email: null } as const;

/** Fifty issues in fifty projects, each opened and resolved by a delivery of its own. */
const fifty = {
  issues: ids.map((id, i) =>
    issue(id, {
      lastSeen: minutes(i),
      assignee: ada,
      project: { sentryId: `p${id}`, slug: `slug-${id}`, name: id, platform: null },
    }),
  ),
  events: ids.flatMap((issueId, i) => [
    event(2 * i + 1, { issueId, delivery: i, transition: transition(null, unresolved, "OPENED") }),
    event(2 * i + 2, { issueId, delivery: i, transition: transition(unresolved, resolved, "RESOLVED") }),
  ]),
  deliveries: ids.map((_, i) => delivery(i)),
  snapshots: new Map(ids.map((_, i) => [i, fields()])),
};

/** The questions that a query asks of the store, each by its name. */
async function questions(query: string): Promise<string[]> {
  const { data, reader } = gateway(fifty);
  await data(query);
  return reader.asked.map(({ name }) => name).toSorted();
}

describe("fifty issues", () => {
  it("ask one question for each kind of nested field", async () => {
    expect(
      await questions(`{
        issues(first: 50) {
          nodes {
            logger organization metadata raw
            project { slug } assignee { ... on User { name } }
            statusSpans { seconds startedBy { id } }
            events(first: 2) {
              totalCount
              nodes {
                cursor previousAssignee { __typename } snapshot issue { title }
                delivery { outcome body events { id } }
                transition { secondsInPreviousState statusDetails { raw } }
              }
            }
            transitions(first: 1, filter: { kind: [RESOLVED] }) { totalCount nodes { id } }
          }
        }
      }`),
    ).toEqual(
      [
        "issuePage",
        "projects",
        "issueDetails",
        "rawIssues",
        "transitionsOf",
        "eventPages",
        "eventCounts",
        "bounds",
        "before",
        "transitionedBefore",
        "snapshots",
        "issues",
        "deliveries",
        "bodies",
        "eventsOfDeliveries",
        "transitionPagesOf",
        "transitionCountsOf",
      ].toSorted(),
    );
  });

  it("ask for the newest transition before an event only where that is selected", async () => {
    const events = (fields: string) =>
      questions(`{ issues(first: 50) { nodes { events(first: 2) { nodes { ${fields} } } } } }`);
    expect(await events("previousAssignee { __typename }")).toEqual(["before", "eventPages", "issuePage"]);
    expect(await events("transition { secondsInPreviousState }")).toEqual([
      "eventPages",
      "issuePage",
      "transitionedBefore",
    ]);
  });

  it("ask nothing more for the assignee, which comes with each", async () => {
    expect(await questions("{ issues(first: 50) { nodes { assignee { ... on User { id } } } } }")).toEqual([
      "issuePage",
    ]);
  });

  it("ask one question for each of the arguments that differ", async () => {
    expect(
      await questions(`{
        issues(first: 50) {
          nodes {
            a: events(first: 1) { nodes { id } }
            b: events(first: 1) { nodes { id } }
            c: events(last: 1) { nodes { id } }
            d: events(first: 1, actions: [CREATED]) { nodes { id } }
          }
        }
      }`),
    ).toEqual(["eventPages", "eventPages", "eventPages", "issuePage"]);
  });

  it("ask one question for the issues of fifty projects", async () => {
    expect(
      await questions(
        "{ issues(first: 50) { nodes { project { issues(first: 3) { totalCount nodes { id } } } } } }",
      ),
    ).toEqual(["issueCountsOf", "issuePage", "issuePagesOf", "projects"]);
  });

  it("are asked for together, each by its own field", async () => {
    const fields = ids.map((id) => `i${id}: issue(sentryId: "${id}") { title }`);
    expect(await questions(`{ ${fields.join(" ")} }`)).toEqual(["issues"]);
  });

  it("answer each parent with its own rows", async () => {
    const { data } = gateway(fifty);
    const answer = await data<{
      issues: { nodes: { sentryId: string; events: { nodes: { issue: object }[] } }[] };
    }>("{ issues(first: 50) { nodes { sentryId events(first: 1) { nodes { issue { sentryId } } } } } }");
    expect(answer.issues.nodes).toHaveLength(50);
    for (const { sentryId, events } of answer.issues.nodes) {
      expect(events.nodes).toEqual([{ issue: { sentryId } }]);
    }
  });
});
