import { expect, it } from "vitest";
import { actionOf, inferredActionOf, kindOf } from "../../src/domain/kind.ts";
import { stateOf } from "../../src/domain/issue.ts";
import { ada, numbered, sent, sentry } from "./scenario.ts";

const state = (text: string) => stateOf(text.split("/")[0]!, text.split("/")[1] ?? null);
const by = (says: string, actor = sentry as typeof sentry | typeof ada) =>
  numbered([sent("08:00", says, "resolved", { actor })])[0]!;

it.each([
  ["created", "unresolved/new", "OPENED"],
  ["created", "unresolved/regressed", "OPENED"],
  ["created", "reprocessing", "OPENED"],
  ["assigned", "unresolved/new", "DISCOVERED"],
  ["assigned", "reprocessing", "DISCOVERED"],
  ["resolved", "resolved", "RESOLVED"],
  ["ignored", "ignored/archived_forever", "ARCHIVED"],
  ["unresolved", "unresolved/regressed", "REGRESSED"],
  ["unresolved", "unresolved/escalating", "ESCALATED"],
  ["unresolved", "unresolved/ongoing", "REOPENED"],
  ["unresolved", "unresolved", "REOPENED"],
  ["alert status_resolved", "resolved", "RESOLVED"],
])("calls the opening by `%s` in %s %s", (says, to, kind) => {
  expect(kindOf(null, state(to), by(says))).toBe(kind);
});

it.each([
  ["unresolved/new", "resolved", "RESOLVED"],
  ["ignored", "resolved", "RESOLVED"],
  ["resolved/one", "resolved/other", "RESOLVED"],
  ["unresolved/new", "ignored/archived_forever", "ARCHIVED"],
  ["resolved", "ignored", "ARCHIVED"],
  ["ignored/archived_forever", "ignored/archived_until_escalating", "ARCHIVE_CHANGED"],
  ["resolved", "unresolved/regressed", "REGRESSED"],
  ["resolved", "unresolved/ongoing", "REGRESSED"],
  ["ignored", "unresolved/escalating", "ESCALATED"],
  ["ignored", "unresolved/ongoing", "UNARCHIVED"],
  ["ignored", "unresolved", "UNARCHIVED"],
  ["unresolved/new", "unresolved/escalating", "ESCALATED"],
  ["unresolved/new", "unresolved/ongoing", "SETTLED"],
  ["unresolved/ongoing", "unresolved/new", "OTHER"],
  ["unresolved/new", "unresolved/regressed", "OTHER"],
  ["unresolved/new", "reprocessing", "OTHER"],
  ["resolved", "reprocessing", "OTHER"],
  ["reprocessing", "resolved", "OTHER"],
  ["reprocessing", "unresolved/escalating", "OTHER"],
  ["reprocessing", "ignored", "OTHER"],
])("calls %s → %s %s, reported or inferred", (from, to, kind) => {
  expect(kindOf(state(from), state(to), by("unresolved"))).toBe(kind);
  expect(kindOf(state(from), state(to), null)).toBe(kind);
});

it("tells an issue that a person reopened from one that regressed", () => {
  expect(kindOf(state("resolved"), state("unresolved/regressed"), by("unresolved", ada))).toBe("REOPENED");
  expect(kindOf(state("ignored"), state("unresolved/ongoing"), by("unresolved", ada))).toBe("UNARCHIVED");
});

it.each([
  ["created", "CREATED"],
  ["resolved", "RESOLVED"],
  ["assigned", "ASSIGNED"],
  ["ignored", "ARCHIVED"],
  ["archived", "ARCHIVED"],
  ["unresolved", "UNRESOLVED"],
  ["merged", "OTHER"],
  ["alert status_resolved", "ACTIVITY"],
  ["alert created", "ACTIVITY"],
])("reads `%s` as %s", (says, action) => {
  expect(actionOf(by(says))).toBe(action);
});

it.each([
  ["resolved", "RESOLVED"],
  ["ignored", "ARCHIVED"],
  ["unresolved/ongoing", "UNRESOLVED"],
  ["reprocessing", "OTHER"],
])("expects of a change to %s that Sentry had sent %s", (to, action) => {
  expect(inferredActionOf(state(to))).toBe(action);
});
