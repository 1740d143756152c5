import { parse } from "graphql";
import { describe, expect, it } from "vitest";
import { answerDependsOnTime } from "../../src/graphql/caching/depends-on-time.ts";
import { schema } from "../../src/graphql/schema.ts";

const depends = (query: string, variables: object = {}) =>
  answerDependsOnTime(schema, parse(query), variables);

describe("an answer", () => {
  it.each([
    "{ feed { silentForSeconds } }",
    "{ feed { ...F } } fragment F on Feed { last24Hours { applied } }",
    "{ feed { isSilent } }",
    "{ feed { refusedSinceStart } }",
    "{ issueStats { total } }",
    '{ issues(filter: { lastSeen: { gt: "-P1D" } }) { totalCount } }',
    '{ issues(filter: { not: { statusSince: { lt: "P1D" } } }) { totalCount } }',
    '{ project(slug: "a") { issues(filter: { or: [{ firstSeen: { gt: "-PT1H" } }] }) { totalCount } } }',
  ])("depends on the time of asking: %s", (query) => {
    expect(depends(query)).toBe(true);
  });

  it.each([
    '{ issue(sentryId: "1") { title statusSince statusSpans { seconds } } }',
    "{ feed { cursor epoch lastDeliveryAt } }",
    '{ issues(filter: { title: { eq: "-P1D" }, lastSeen: { gt: "2026-11-23T00:00:00Z" } }) { totalCount } }',
  ])("does not: %s", (query) => {
    expect(depends(query)).toBe(false);
  });

  it("depends on it by a variable", () => {
    const query = "query ($f: IssueFilter) { issues(filter: $f) { totalCount } }";
    expect(depends(query, { f: { lastSeen: { gt: "-P7D" } } })).toBe(true);
    expect(depends(query, { f: { lastSeen: { gt: "2026-11-23T00:00:00Z" }, not: null } })).toBe(false);
  });
});
