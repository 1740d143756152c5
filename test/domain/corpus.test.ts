import { expect, it } from "vitest";
import { ada, historyOf, sent, sentry, toAda, toTeam } from "./scenario.ts";

/**
 * The sequences of test/fixtures/corpus, as far as history is concerned. What Sentry did is in its index; each is
 * derived in every order of arrival.
 */

it("a-life: follows a life that webhooks tell in full", () => {
  const assignee = toAda;
  expect(
    historyOf(
      sent("08:00:05", "created", "unresolved/new", { lastSeen: "08:00:00.2", count: 3, actor: sentry }),
      sent("08:10:00", "assigned", "unresolved/new", { lastSeen: "08:00:00.2", count: 3, assignee }),
      sent("09:00:00", "resolved", "resolved", { lastSeen: "08:50", count: 5, actor: ada, assignee }),
      sent("10:00:02", "unresolved", "unresolved/regressed", { lastSeen: "10:00", count: 6, assignee }),
      sent("10:30:00", "ignored", "ignored/archived_until_escalating", {
        lastSeen: "10:00",
        count: 6,
        actor: ada,
        assignee,
      }),
      sent("12 03:00:04", "unresolved", "unresolved/escalating", {
        lastSeen: "12 03:00",
        count: 2044,
        assignee,
      }),
      sent("12 09:00:00", "resolved", "resolved", {
        lastSeen: "12 08:59",
        count: 2101,
        actor: ada,
        assignee,
      }),
    ),
  ).toEqual([
    "08:00:05 REPORTED – → unresolved/new OPENED by 1",
    "08:10:00 REPORTED assigned by 2",
    "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 3",
    "10:00:02 REPORTED resolved → unresolved/regressed REGRESSED by 4",
    "10:30:00 REPORTED unresolved/regressed → ignored/archived_until_escalating ARCHIVED by 5",
    "12 03:00:04 REPORTED ignored/archived_until_escalating → unresolved/escalating ESCALATED by 6",
    "12 09:00:00 REPORTED unresolved/escalating → resolved RESOLVED by 7",
  ]);
});

it("b-created-late: does not reopen an issue by a `created` that is sent again", () => {
  const created = { lastSeen: "08:00:00.2", count: 3, body: "created", idempotencyKey: "K" };
  const resolved = sent("08:02:00", "resolved", "resolved", { lastSeen: "08:01", count: 4 });
  const retried = sent("08:05:06", "created", "unresolved/new", created);
  expect(historyOf(resolved, retried)).toEqual([
    "08:00:00.200 REPORTED – → unresolved/new OPENED by 2",
    "08:02:00 REPORTED unresolved/new → resolved RESOLVED by 1",
  ]);
  const lost = sent("08:00:05", "created", "unresolved/new", created);
  expect(historyOf(lost, resolved, retried)).toEqual([
    "08:00:05 REPORTED – → unresolved/new OPENED by 1",
    "08:02:00 REPORTED unresolved/new → resolved RESOLVED by 2",
  ]);
});

it("c-same-second: tells a resolve and a regression that both show the regression", () => {
  const regressed = { lastSeen: "09:00:00.7", count: 7 };
  expect(
    historyOf(
      sent("08:00:05", "created", "unresolved/new", { lastSeen: "08:00:00.2", count: 3 }),
      sent("09:00:01", "unresolved", "unresolved/regressed", regressed),
      sent("09:00:01", "resolved", "unresolved/regressed", { ...regressed, actor: ada }),
    ),
  ).toEqual([
    "08:00:05 REPORTED – → unresolved/new OPENED by 1",
    "09:00:01 REPORTED unresolved/new → resolved RESOLVED by 3",
    "09:00:01 REPORTED resolved → unresolved/regressed REGRESSED told by 2",
  ]);
});

it("d-silent-steps: infers the two of three silent steps that a snapshot shows", () => {
  expect(
    historyOf(
      sent("08:00:05", "created", "unresolved/new", { lastSeen: "08:00:00.2", count: 3 }),
      sent("15:00:00", "assigned", "unresolved/escalating", {
        lastSeen: "14:59",
        count: 900,
        assignee: toAda,
      }),
      sent("18 08:00:00", "ignored", "ignored/archived_forever", {
        lastSeen: "18 07:00",
        count: 1000,
        actor: ada,
        assignee: toAda,
      }),
      sent("20 08:00:00", "assigned", "unresolved/ongoing", {
        lastSeen: "20 07:00",
        count: 1010,
        actor: ada,
        assignee: toTeam,
      }),
    ),
  ).toEqual([
    "08:00:05 REPORTED – → unresolved/new OPENED by 1",
    "08:00:05..15:00:00 INFERRED unresolved/new → unresolved/escalating ESCALATED by 2",
    "15:00:00 REPORTED assigned by 2",
    "18 08:00:00 REPORTED unresolved/escalating → ignored/archived_forever ARCHIVED by 3",
    "18 08:00:00..20 08:00:00 INFERRED ignored/archived_forever → unresolved/ongoing UNARCHIVED by 4",
    "20 08:00:00 REPORTED assigned by 4",
  ]);
});

it("f-assigned-first: opens the issue by `created`, though its assignment is sent first", () => {
  const snapshot = { lastSeen: "08:00:00.2", count: 1, assignee: toTeam, actor: sentry };
  expect(
    historyOf(
      sent("08:00:03", "assigned", "unresolved/new", snapshot),
      sent("08:00:05", "created", "unresolved/new", snapshot),
    ),
  ).toEqual(["08:00:00.200 REPORTED – → unresolved/new OPENED by 2", "08:00:03 REPORTED assigned by 1"]);
});

it("i-resolve-assigns: takes a resolve and the assignment that it brings for one transition", () => {
  const snapshot = { lastSeen: "08:00:00.2", count: 3 };
  expect(
    historyOf(
      sent("08:00:05", "created", "unresolved/new", snapshot),
      sent("09:00:01", "resolved", "resolved", { ...snapshot, actor: ada, assignee: toAda }),
      sent("09:00:01", "assigned", "resolved", { ...snapshot, actor: ada, assignee: toAda }),
    ),
  ).toEqual([
    "08:00:05 REPORTED – → unresolved/new OPENED by 1",
    "09:00:01 REPORTED unresolved/new → resolved RESOLVED by 2",
    "09:00:01 REPORTED assigned by 3",
  ]);
});
