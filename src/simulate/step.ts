import { day } from "./duration.ts";
import {
  addEvents,
  passTime,
  type ArchiveEnd,
  type Because,
  type Resolution,
  type SimulatedIssue,
} from "./issue.ts";
import type { Priority } from "./nature.ts";
import type { Random } from "./random.ts";
import type { Actor, Assignee, Person } from "./world.ts";

/** One thing that happens to an issue in Sentry. */
export type Step =
  /** The first event. */
  | { readonly is: "created" }
  | { readonly is: "assigned"; readonly to: Assignee; readonly by: Actor }
  | { readonly is: "unassigned" }
  /** `assignsTo` is the resolver, if their settings assign them the unassigned issues that they resolve; else null. */
  | {
      readonly is: "resolved";
      readonly how: Resolution;
      readonly by: Actor;
      readonly assignsTo: Person | null;
    }
  /** The monitor or the detector saw the fault end. */
  | { readonly is: "recovered" }
  /** The monitor or the detector saw the fault begin again. */
  | { readonly is: "relapsed" }
  /** An event after the resolution, or a user who reopened this one issue. */
  | { readonly is: "regressed"; readonly by: Actor }
  /** A user who reopened it together with others; Sentry then makes it ongoing. */
  | { readonly is: "reopened"; readonly by: Actor }
  | { readonly is: "archived"; readonly until: ArchiveEnd; readonly by: Actor }
  /** A new end for an existing archive. */
  | { readonly is: "rearchived"; readonly until: ArchiveEnd; readonly by: Actor }
  | { readonly is: "unarchived"; readonly by: Actor }
  /** More events than the archive allows. */
  | { readonly is: "escalated" }
  /** The archive's time is over. */
  | { readonly is: "awoke" }
  /** Many events within the first day. */
  | { readonly is: "spiked" }
  /** Seven days in a state other than ongoing. */
  | { readonly is: "settled" }
  | { readonly is: "reprioritized"; readonly priority: Priority }
  | { readonly is: "commented"; readonly action: "created" | "updated" | "deleted"; readonly by: Actor }
  /** An event, for an integration that subscribes to all of them. */
  | { readonly is: "errored" };

/** A webhook that Sentry sends for a step. */
export type Announcement =
  | { readonly is: "created" }
  | { readonly is: "assigned"; readonly to: Assignee; readonly by: Actor }
  | { readonly is: "resolved"; readonly resolutionType: string; readonly by: Actor }
  | { readonly is: "archived"; readonly by: Actor }
  | { readonly is: "unresolved"; readonly by: Actor }
  | { readonly is: "activity"; readonly type: string; readonly by: Actor }
  | { readonly is: "comment"; readonly action: "created" | "updated" | "deleted"; readonly by: Actor }
  | { readonly is: "error" };

export const week = 7 * day;

/** Applies a step to an issue. `at` is the lives' time, `nowUs` that of the bodies. */
export function take(step: Step, issue: SimulatedIssue, at: number, nowUs: number, random: Random): void {
  // Sentry resolves only issues without events by age.
  if (step.is === "resolved" && step.how.is === "autoresolve") issue.passedTo = at;
  else passTime(issue, at, nowUs, random);
  const unresolve = (because: Because): void => {
    issue.condition = { is: "unresolved", because };
    issue.since = at;
  };
  switch (step.is) {
    case "created":
      return;
    case "assigned":
      issue.assignee = step.to;
      return;
    case "unassigned":
      issue.assignee = null;
      return;
    case "resolved":
      issue.assignee ??= step.assignsTo;
      issue.condition = { is: "resolved", how: step.how, by: step.by, atUs: nowUs };
      issue.since = at;
      if (step.how.is === "jira" || step.how.is === "github") issue.ticket = step.how.ticket;
      return;
    case "recovered":
      issue.condition = {
        is: "resolved",
        how: { is: "recovery" },
        by: issue.project.organization.sentry,
        atUs: nowUs,
      };
      issue.since = at;
      return;
    case "relapsed":
      addEvents(issue, 1, nowUs, random);
      unresolve("regressed");
      return;
    case "regressed":
      // A user needs no event to reopen an issue.
      if (step.by.is === "application") addEvents(issue, 1, nowUs, random);
      unresolve("regressed");
      return;
    case "reopened":
      unresolve("ongoing");
      return;
    case "archived":
    case "rearchived": {
      const { count, users } = issue;
      issue.condition = { is: "archived", until: step.until, by: step.by, atUs: nowUs, count, users };
      issue.since = at;
      return;
    }
    case "unarchived":
      unresolve(at - issue.bornAt < week ? "new" : "ongoing");
      return;
    case "escalated":
      addEvents(issue, 20 + random.below(2_000), nowUs, random);
      if (issue.priorityLockedUs === null) issue.priority = "high";
      unresolve("escalating");
      return;
    case "awoke":
      addEvents(issue, 1, nowUs, random);
      unresolve("ongoing");
      return;
    case "spiked":
      addEvents(issue, 200 + random.below(20_000), nowUs, random);
      if (issue.priorityLockedUs === null) issue.priority = "high";
      unresolve("escalating");
      return;
    case "settled":
      unresolve("ongoing");
      return;
    case "reprioritized":
      issue.priority = step.priority;
      issue.priorityLockedUs = nowUs;
      return;
    case "commented":
      if (step.action === "created") issue.comments++;
      if (step.action === "deleted") issue.comments = Math.max(0, issue.comments - 1);
      return;
    case "errored":
      addEvents(issue, 1, nowUs, random);
      return;
  }
}

/**
 * The webhooks that Sentry sends for a step: the issue webhook, and the activity that an alert rule can send. A step
 * may have neither. An issue that never had a `created` has everything else.
 *
 * | step                                                          | issue webhook | activity           |
 * | ------------------------------------------------------------- | ------------- | ------------------ |
 * | created, of an error, an outage or a feedback                 | created       |                    |
 * | assigned                                                      | assigned      |                    |
 * | resolved                                                      | resolved      | status_resolved…   |
 * | regressed                                                     | unresolved    | status_regression  |
 * | reopened                                                      | unresolved    | status_unresolved  |
 * | archived                                                      | archived      | status_ignored     |
 * | escalated                                                     | unresolved    | status_escalating  |
 * | spiked                                                        |               | status_escalating  |
 * | recovered                                                     |               | status_resolved    |
 * | relapsed                                                      |               | status_regression  |
 * | unarchived                                                    |               | status_unresolved  |
 * | rearchived, awoke, settled, unassigned, reprioritized         |               |                    |
 */
export function announcementsOf(step: Step, issue: SimulatedIssue): readonly Announcement[] {
  const { sentry, alertJson } = issue.project.organization;
  const withActivity = (
    announced: readonly Announcement[],
    type: string,
    by: Actor,
  ): readonly Announcement[] =>
    alertJson === null ? announced : [...announced, { is: "activity", type, by }];
  switch (step.is) {
    case "created":
      return issue.nature.isAnnounced ? [{ is: "created" }] : [];
    case "assigned":
      return [{ is: "assigned", to: step.to, by: step.by }];
    case "resolved": {
      const { by, how, assignsTo } = step;
      const resolved: Announcement = { is: "resolved", resolutionType: how.is, by };
      // Sentry assigns first and sends both at once.
      const all: Announcement[] =
        assignsTo === null ? [resolved] : [{ is: "assigned", to: assignsTo, by }, resolved];
      return withActivity(all, resolvedActivity(how), by);
    }
    case "regressed":
      return withActivity([{ is: "unresolved", by: step.by }], "status_regression", step.by);
    case "reopened":
      return withActivity([{ is: "unresolved", by: step.by }], "status_unresolved", step.by);
    case "archived":
      return withActivity([{ is: "archived", by: step.by }], "status_ignored", step.by);
    case "escalated":
      return withActivity([{ is: "unresolved", by: sentry }], "status_escalating", sentry);
    case "spiked":
      return withActivity([], "status_escalating", sentry);
    case "recovered":
      return withActivity([], "status_resolved", sentry);
    case "relapsed":
      return withActivity([], "status_regression", sentry);
    case "unarchived":
      return withActivity([], "status_unresolved", step.by);
    case "rearchived":
    case "awoke":
    case "settled":
    case "unassigned":
    case "reprioritized":
      return [];
    case "commented":
      return [{ is: "comment", action: step.action, by: step.by }];
    case "errored":
      return [{ is: "error" }];
  }
}

function resolvedActivity(how: Resolution): string {
  switch (how.is) {
    case "in_release":
    case "in_next_release":
    case "in_upcoming_release":
    case "with_commit":
      return "status_resolved_in_release";
    case "in_commit":
      return "status_resolved_in_commit";
    case "autoresolve":
      return "status_resolved_by_age";
    case "now":
    case "jira":
    case "github":
    case "recovery":
      return "status_resolved";
  }
}
