import { describe, expect, it } from "vitest";
import type { StatusDetails } from "../../src/web/client/operations/issue.ts";
import type { IssueState } from "../../src/web/client/operations/shapes.ts";
import { reasons } from "../../src/web/client/words.ts";

const none: StatusDetails = {
  autoResolved: null,
  ignoreCount: null,
  ignoreUntil: null,
  ignoreUserCount: null,
  ignoreUserWindow: null,
  ignoreWindow: null,
  inCommit: null,
  inNextRelease: null,
  inRelease: null,
};
const state = (status: IssueState["status"], substatus: IssueState["substatus"]): IssueState => ({
  status,
  statusRaw: status.toLowerCase(),
  substatus,
  substatusRaw: null,
});
const resolved = state("RESOLVED", null);
const archived = state("IGNORED", null);

describe("why an issue is resolved", () => {
  it.each<[string | null, Partial<StatusDetails>, string[]]>([
    ["now", {}, ["by hand"]],
    ["magic", {}, ["by magic"]],
    [null, { autoResolved: true }, ["by age: no event for as long as the project allows"]],
    ["in_next_release", { inNextRelease: true }, ["in the next release"]],
    [null, { inNextRelease: true }, ["in the next release"]],
    ["in_release", { inRelease: "2.1" }, ["in a release", "release 2.1"]],
    [
      "in_commit",
      { inCommit: { id: "0123456789abcdef", repository: "o/r" } },
      ["by a commit", "commit 0123456789 of o/r"],
    ],
  ])("is told of %s and %j", (type, details, told) => {
    expect(reasons(type, resolved, { ...none, ...details })).toEqual(told);
  });
});

describe("until when an issue is archived", () => {
  it.each<[Partial<StatusDetails>, string[]]>([
    [{ ignoreCount: 1 }, ["until 1 more event"]],
    [{ ignoreCount: 2, ignoreWindow: 90 }, ["until 2 more events within 1 h 30 min"]],
    [{ ignoreUserCount: 1, ignoreUserWindow: 60 }, ["until 1 more user within 1 h"]],
  ])("is told of %j", (details, told) => {
    expect(reasons(null, archived, { ...none, ...details })).toEqual(told);
  });
});
