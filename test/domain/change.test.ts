import { describe, expect, it } from "vitest";
import { changesUnder } from "../../src/domain/change.ts";
import type { IssueFilter } from "../../src/domain/filter.ts";
import { entry, issue, minutes, resolved } from "../graphql/builders.ts";

const open: IssueFilter = { status: { eq: "UNRESOLVED" } };
const isOpen = issue("4501");
const isClosed = issue("4501", {}, { state: resolved });

describe("changesUnder", () => {
  it.each([
    { before: null, after: isOpen, is: "ENTERED" },
    { before: isClosed, after: isOpen, is: "ENTERED" },
    { before: isOpen, after: isOpen, is: "UPDATED" },
    { before: isOpen, after: isClosed, is: "LEFT" },
    { before: isClosed, after: isClosed, is: null },
    { before: null, after: isClosed, is: null },
  ])("is $is from $before.state.status to $after.state.status", ({ before, after, is }) => {
    expect(changesUnder(open)(entry(1, { before, after }))).toBe(is);
  });

  it("is LEFT for every list once the issue is forgotten, whatever it was", () => {
    const forgotten = entry(1, { before: null, after: isOpen, event: { role: "forgotten" } });
    expect(changesUnder(open)(forgotten)).toBe("LEFT");
    expect(changesUnder({ or: [] })(forgotten)).toBe("LEFT");
  });

  it("counts relative times from the entry's commit, whenever it is asked", () => {
    const recent: IssueFilter = { lastSeen: { gte: { fromNow: { months: 0, milliseconds: -60_000 } } } };
    const seen = issue("4501", { lastSeen: minutes(0) });
    const committed = (at: number) => entry(1, { after: seen, event: { committedAt: at } });
    expect(changesUnder(recent)(committed(minutes(1)))).toBe("ENTERED");
    expect(changesUnder(recent)(committed(minutes(1) + 1))).toBe(null);
  });
});
