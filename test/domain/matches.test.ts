import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { issueTest, matches, matchesTransition, transitionTest } from "../../src/domain/matches.ts";
import { anEntry, anIssue } from "./an-issue.ts";
import { issueCases, noon, transitionCases } from "./filter-cases.ts";
import { entries, issueFilters, issues, moments, transitionFilters } from "./filter-arbitraries.ts";

describe("matches", () => {
  it.each(issueCases)("%s", (_, filter, passes, fails) => {
    expect(passes.filter((issue) => !matches(filter, issue, noon))).toEqual([]);
    expect(fails.filter((issue) => matches(filter, issue, noon))).toEqual([]);
  });

  it("takes an operator given as null for one that was not given", () => {
    const filter: unknown = { culprit: { eq: null, null: null }, title: null, not: null };
    expect(matches(filter as object, anIssue(), noon)).toBe(true);
  });

  it("passes each issue through a filter or through its negation, never both", () => {
    fc.assert(
      fc.property(issueFilters, issues, moments, (filter, issue, now) => {
        expect(matches({ not: filter }, issue, now)).toBe(!matches(filter, issue, now));
      }),
    );
  });
});

describe("matchesTransition", () => {
  it.each(transitionCases)("%s", (_, filter, passes, fails) => {
    expect(passes.filter((entry) => !matchesTransition(filter, entry, noon))).toEqual([]);
    expect(fails.filter((entry) => matchesTransition(filter, entry, noon))).toEqual([]);
  });

  it("tries the issue as it is after the entry, not before", () => {
    const entry = { ...anEntry({}, anIssue({ title: "after" })), before: anIssue({ title: "before" }) };
    expect(matchesTransition({ issue: { title: { eq: "after" } } }, entry, noon)).toBe(true);
    expect(matchesTransition({ issue: { title: { eq: "before" } } }, entry, noon)).toBe(false);
  });

  it("passes each transition through a filter or through its negation, never both", () => {
    fc.assert(
      fc.property(transitionFilters, entries, moments, (filter, entry, now) => {
        const isTransition = entry.event.transition !== null;
        const passes = matchesTransition(filter, entry, now);
        expect(matchesTransition({ not: filter }, entry, now)).toBe(isTransition && !passes);
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
