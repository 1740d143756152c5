import { day } from "./duration.ts";
import { createNature, type Nature, type Priority } from "./nature.ts";
import type { Random } from "./random.ts";
import type { Actor, Assignee, Project } from "./world.ts";

/** Why an issue is unresolved: its substatus. */
export type Because = "new" | "ongoing" | "escalating" | "regressed";

export type Resolution =
  | { readonly is: "now" }
  | { readonly is: "in_release"; readonly release: string }
  /** The next release, which Sentry knows by name if releases are versions; else null. */
  | { readonly is: "in_next_release"; readonly release: string | null }
  | { readonly is: "in_upcoming_release" }
  | { readonly is: "in_commit"; readonly sha: string }
  /** By a release that has the fixing commit. */
  | { readonly is: "with_commit"; readonly release: string }
  /** By age. */
  | { readonly is: "autoresolve" }
  /** By the ticket in another tool. */
  | { readonly is: "jira" | "github"; readonly ticket: string }
  /** By the monitor or detector that found it. */
  | { readonly is: "recovery" };

/** What ends an archive. Windows are in minutes. */
export type ArchiveEnd =
  | { readonly is: "escalating" }
  | { readonly is: "forever" }
  | { readonly is: "events"; readonly limit: number; readonly window: number | null }
  | { readonly is: "users"; readonly limit: number; readonly window: number | null }
  | { readonly is: "time"; readonly ms: number };

/** Sentry's states (getsentry/sentry: types/group.py), with what its snapshots show of them. */
export type Condition =
  | { readonly is: "unresolved"; readonly because: Because }
  | { readonly is: "resolved"; readonly how: Resolution; readonly by: Actor; readonly atUs: number }
  | {
      readonly is: "archived";
      readonly until: ArchiveEnd;
      readonly by: Actor;
      readonly atUs: number;
      /** The issue's count and users when it was archived. */
      readonly count: number;
      readonly users: number;
    };

/** Status and substatus as Sentry prints them. */
export type PrintedState = { readonly status: string; readonly substatus: string | null };

/**
 * An issue as Sentry has it. `…Us` are times in bodies, in epoch microseconds. `bornAt`, `since` and `passedTo` are in
 * milliseconds of the lives' time, which live traffic runs through faster.
 */
export type SimulatedIssue = {
  readonly id: string;
  readonly shortId: string;
  readonly project: Project;
  readonly nature: Nature;
  readonly bornAt: number;
  readonly firstSeenUs: number;
  lastSeenUs: number;
  count: number;
  users: number;
  condition: Condition;
  /** When it entered that condition. */
  since: number;
  /** The time up to which its events are counted. */
  passedTo: number;
  assignee: Assignee | null;
  priority: Priority;
  priorityLockedUs: number | null;
  comments: number;
  ticket: string | null;
};

/** Creates an issue of that project: unresolved, new, with its first event at `firstSeenUs`. */
export function createIssue(
  {
    project,
    number,
    id,
    bornAt,
    firstSeenUs,
  }: {
    readonly project: Project;
    /** Its number among the project's issues. */
    readonly number: number;
    readonly id: string;
    readonly bornAt: number;
    readonly firstSeenUs: number;
  },
  random: Random,
): SimulatedIssue {
  const shortId = `${project.slug.toUpperCase()}-${base32(number)}`;
  const nature = createNature(random.pick(project.faults), { project, id, shortId }, random);
  return {
    id,
    shortId,
    project,
    nature,
    bornAt,
    firstSeenUs,
    lastSeenUs: firstSeenUs,
    count: 1,
    users: nature.usersPerEvent === 0 ? 0 : 1,
    condition: { is: "unresolved", because: "new" },
    since: bornAt,
    passedTo: bornAt,
    assignee: null,
    priority: nature.priority,
    priorityLockedUs: null,
    comments: 0,
    ticket: null,
  };
}

/** The issue's state as Sentry prints it at that time. */
export function printedState({ condition }: SimulatedIssue, nowUs: number): PrintedState {
  switch (condition.is) {
    case "unresolved":
      return { status: "unresolved", substatus: condition.because };
    case "resolved":
      return { status: "resolved", substatus: null };
    case "archived": {
      const { until, atUs } = condition;
      // Sentry computes the status and stores the substatus: after a snooze, until it is cleared, they do not match.
      const isOver = until.is === "time" && nowUs >= atUs + until.ms * 1000;
      return { status: isOver ? "unresolved" : "ignored", substatus: substatusOf(until) };
    }
  }
}

function substatusOf(until: ArchiveEnd): string {
  switch (until.is) {
    case "escalating":
      return "archived_until_escalating";
    case "forever":
      return "archived_forever";
    case "events":
    case "users":
    case "time":
      return "archived_until_condition_met";
  }
}

/** Adds the events since the last call. A resolved issue has none: an event would have made it regress. */
export function passTime(issue: SimulatedIssue, at: number, nowUs: number, random: Random): void {
  const days = (at - issue.passedTo) / day;
  issue.passedTo = at;
  if (days <= 0 || issue.condition.is === "resolved") return;
  const { eventsPerDay, usersPerEvent } = issue.nature;
  const expected = eventsPerDay * days * random.between(0.4, 1.6);
  // Rounded at random, so that a rare error still happens now and then.
  let events = Math.floor(expected + random.next());
  let users = Math.floor(events * usersPerEvent + random.next() * Math.sign(events * usersPerEvent));
  if (issue.condition.is === "archived") {
    // The event that meets the condition escalates the issue, which is a step of its own.
    const { until, count, users: usersBefore } = issue.condition;
    if (until.is === "events") events = Math.min(events, Math.max(0, count + until.limit - 1 - issue.count));
    if (until.is === "users")
      users = Math.min(users, Math.max(0, usersBefore + until.limit - 1 - issue.users));
  }
  if (events === 0) return;
  issue.count += events;
  issue.users += Math.min(users, events);
  // The last of `events` events, each at a random time since the last one.
  const reach = random.next() ** (1 / events);
  seeEvent(issue, issue.lastSeenUs + (nowUs - issue.lastSeenUs) * reach, random);
}

/** Adds events, the last of them just now. */
export function addEvents(issue: SimulatedIssue, events: number, nowUs: number, random: Random): void {
  issue.count += events;
  issue.users += Math.floor(events * issue.nature.usersPerEvent);
  seeEvent(issue, nowUs - random.between(20_000, 400_000), random);
}

function seeEvent(issue: SimulatedIssue, atUs: number, random: Random): void {
  issue.lastSeenUs = Math.max(issue.lastSeenUs, eventTime(issue.project, atUs, random));
}

/** A time as the project's SDK sends it, rounded down to microseconds or milliseconds, seldom to whole seconds. */
export function eventTime(project: Project, atUs: number, random: Random): number {
  const grain = random.chance(0.03) ? 1_000_000 : project.hasMicroseconds ? 1 : 1000;
  return Math.floor(atUs / grain) * grain;
}

/** Sentry's digits: without I, L, O and U. */
const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

function base32(number: number): string {
  let text = "";
  for (let left = number; left > 0; left = Math.floor(left / 32)) text = digits.charAt(left % 32) + text;
  return text;
}
