import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { issueTest, transitionTest } from "../../src/domain/matches.ts";
import { anEntry, anIssue } from "./an-issue.ts";
import { issueCases, noon, transitionCases } from "./filter-cases.ts";
import { entries, issueFilters, issues, moments, transitionFilters } from "./filter-arbitraries.ts";

describe("issueTest", () => {
  it.each(issueCases)("%s", (_, filter, passes, fails) => {
    expect(passes.filter((issue) => !issueTest(filter)(issue, noon))).toEqual([]);
    expect(fails.filter((issue) => issueTest(filter)(issue, noon))).toEqual([]);
  });

  it("takes an operator given as null for one that was not given", () => {
    const filter: unknown = { culprit: { eq: null, null: null }, title: null, not: null };
    expect(issueTest(filter as object)(anIssue(), noon)).toBe(true);
  });

  it("passes each issue through a filter or through its negation, never both", () => {
    fc.assert(
      fc.property(issueFilters, issues, moments, (filter, issue, now) => {
        expect(issueTest({ not: filter })(issue, now)).toBe(!issueTest(filter)(issue, now));
      }),
    );
  });
});

describe("transitionTest", () => {
  it.each(transitionCases)("%s", (_, filter, passes, fails) => {
    expect(passes.filter((entry) => !transitionTest(filter)(entry, noon))).toEqual([]);
    expect(fails.filter((entry) => transitionTest(filter)(entry, noon))).toEqual([]);
  });

  it("tries the issue as it is after the entry, not before", () => {
    const entry = { ...anEntry({}, anIssue({ title: "after" })), before: anIssue({ title: "before" }) };
    expect(transitionTest({ issue: { title: { eq: "after" } } })(entry, noon)).toBe(true);
    expect(transitionTest({ issue: { title: { eq: "before" } } })(entry, noon)).toBe(false);
  });

  it("passes each transition through a filter or through its negation, never both", () => {
    fc.assert(
      fc.property(transitionFilters, entries, moments, (filter, entry, now) => {
        const isTransition = entry.event.transition !== null;
        const passes = transitionTest(filter)(entry, now);
        expect(transitionTest({ not: filter })(entry, now)).toBe(isTransition && !passes);
      }),
    );
  });
});

describe("a test that is made once", () => {
  it("reads the clock at each entry", () => {
    const test = issueTest({ lastSeen: { gte: { fromNow: { months: 0, milliseconds: -10 } } } });
    expect(test(anIssue({ lastSeen: noon }), noon + 10)).toBe(true);
    expect(test(anIssue({ lastSeen: noon }), noon + 11)).toBe(false);
  });

  it("reads the clock at each transition", () => {
    const test = transitionTest({ occurredAt: { lt: { fromNow: { months: 0, milliseconds: 0 } } } });
    expect(test(anEntry({ occurredAt: noon }), noon + 1)).toBe(true);
    expect(test(anEntry({ occurredAt: noon }), noon)).toBe(false);
  });
});
