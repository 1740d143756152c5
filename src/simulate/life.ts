import { day, hour, minute, second } from "./duration.ts";
import type { ArchiveEnd, Resolution, SimulatedIssue } from "./issue.ts";
import type { Random } from "./random.ts";
import { week, type Step } from "./step.ts";
import type { Assignee, Person } from "./world.ts";

/** The next step of an issue, and its time in milliseconds of the lives' time. */
type Planned = { readonly at: number; readonly step: Step };

/**
 * Plans the next step of an issue whose last one was `at` that time; null if nothing happens to it any more.
 *
 * The states and the ways between them are Sentry's. How often and how soon is a guess at how teams work.
 */
export function nextStep(issue: SimulatedIssue, at: number, random: Random): Planned | null {
  const { condition } = issue;
  switch (condition.is) {
    case "unresolved":
      return settlingFirst(
        issue,
        issue.nature.isWatched ? watched(issue, at, random) : open(issue, at, random),
      );
    case "resolved":
      return condition.how.is === "recovery" ? recovered(at, random) : resolved(issue, at, random);
    case "archived":
      return archived(issue, condition.until, at, random);
  }
}

/** The assignment of a new issue by ownership rules; null if they assign it to nobody. */
export function autoAssignment(issue: SimulatedIssue, random: Random): Step | null {
  const { organization, team, autoAssigned } = issue.project;
  if (!random.chance(autoAssigned)) return null;
  const to = random.chance(0.7) ? team : random.pick(organization.people);
  return { is: "assigned", to, by: organization.sentry };
}

function open(issue: SimulatedIssue, at: number, random: Random): Planned | null {
  const { condition, project, nature, assignee, bornAt } = issue;
  const isNew = condition.is === "unresolved" && condition.because === "new";
  const choice = random.weighted({
    assign: assignee === null ? 3 : 0.6,
    unassign: assignee === null ? 0 : 0.15,
    comment: 0.9,
    error: 0.25,
    reprioritize: 0.35,
    resolve: 5,
    archive: 1.7,
    spike: isNew && at - bornAt < 18 * hour && nature.eventsPerDay > 20 ? 1 : 0,
    forget: 1.4,
  });
  switch (choice) {
    case "assign":
      return byPerson(issue, at, random, (by) => ({ is: "assigned", to: anybody(issue, by, random), by }));
    case "unassign":
      return byPerson(issue, at, random, () => ({ is: "unassigned" }));
    case "comment":
      return byPerson(issue, at, random, (by) => ({ is: "commented", action: commentAction(random), by }));
    case "error":
      return { at: at + random.exponential(6 * hour), step: { is: "errored" } };
    case "reprioritize":
      return byPerson(issue, at, random, () => ({
        is: "reprioritized",
        priority: random.pick((["low", "medium", "high"] as const).filter((one) => one !== issue.priority)),
      }));
    case "resolve":
      return resolve(issue, at, random);
    case "archive":
      return byPerson(issue, at, random, (by) => ({ is: "archived", until: archiveEnd(random), by }));
    case "spike":
      return { at: at + random.between(20 * minute, 6 * hour), step: { is: "spiked" } };
    case "forget": {
      if (project.autoResolveDays === null) return null;
      const { sentry } = project.organization;
      const step: Step = { is: "resolved", how: { is: "autoresolve" }, by: sentry, assignsTo: null };
      return { at: at + project.autoResolveDays * day + random.between(0, hour), step };
    }
  }
}

function watched(issue: SimulatedIssue, at: number, random: Random): Planned | null {
  switch (random.weighted({ recover: 6, assign: 1.2, comment: 0.6, resolve: 0.7, archive: 0.4 })) {
    case "recover":
      return { at: at + random.exponential(3 * hour), step: { is: "recovered" } };
    case "assign":
      return byPerson(issue, at, random, (by) => ({ is: "assigned", to: anybody(issue, by, random), by }));
    case "comment":
      return byPerson(issue, at, random, (by) => ({ is: "commented", action: commentAction(random), by }));
    case "resolve":
      return resolve(issue, at, random);
    case "archive":
      return byPerson(issue, at, random, (by) => ({ is: "archived", until: archiveEnd(random), by }));
  }
}

function recovered(at: number, random: Random): Planned | null {
  return random.chance(0.55) ? { at: at + random.exponential(day), step: { is: "relapsed" } } : null;
}

function resolved(issue: SimulatedIssue, at: number, random: Random): Planned | null {
  const { sentry } = issue.project.organization;
  switch (
    random.weighted({ regress: 3.2, reopen: 0.35, reopenMany: 0.3, comment: 0.4, assign: 0.25, rest: 5 })
  ) {
    case "regress":
      // A bad fix shows at once, or with the next release.
      return {
        at: at + (random.chance(0.15) ? random.exponential(minute) : random.exponential(2.5 * day)),
        step: { is: "regressed", by: sentry },
      };
    case "reopen":
      return byPerson(issue, at, random, (by) => ({ is: "regressed", by }));
    case "reopenMany":
      return byPerson(issue, at, random, (by) => ({ is: "reopened", by }));
    case "comment":
      return byPerson(issue, at, random, (by) => ({ is: "commented", action: commentAction(random), by }));
    case "assign":
      return byPerson(issue, at, random, (by) => ({ is: "assigned", to: anybody(issue, by, random), by }));
    case "rest":
      return null;
  }
}

function archived(issue: SimulatedIssue, until: ArchiveEnd, at: number, random: Random): Planned | null {
  const mayEnd = until.is !== "forever" && until.is !== "time";
  // A snooze ends at the first event after its time.
  const untilEvent = Math.min(day, day / Math.max(1, issue.nature.eventsPerDay));
  const awakes = until.is === "time" ? issue.since + until.ms + random.exponential(untilEvent) : Infinity;
  const choice = random.weighted({
    escalate: mayEnd ? 4.5 : 0,
    unarchive: 1,
    rearchive: 0.5,
    resolve: 0.8,
    assign: 0.6,
    rest: until.is === "time" ? 2 : 4,
  });
  const planned = ((): Planned | null => {
    switch (choice) {
      case "escalate": {
        const escalates = at + random.exponential(3 * day);
        // The forecast ignores issues that are younger than a day.
        const earliest = until.is === "escalating" ? issue.bornAt + day : 0;
        return { at: Math.max(escalates, earliest + random.between(0, hour)), step: { is: "escalated" } };
      }
      case "unarchive":
        return byPerson(issue, at, random, (by) => ({ is: "unarchived", by }));
      case "rearchive":
        return byPerson(issue, at, random, (by) => ({ is: "rearchived", until: archiveEnd(random), by }));
      case "resolve":
        return resolve(issue, at, random);
      case "assign": {
        // People look at a snoozed issue again when the time is over.
        const looksAt = until.is === "time" ? Math.max(at, issue.since + until.ms) : at;
        return byPerson(issue, looksAt, random, (by) => ({
          is: "assigned",
          to: anybody(issue, by, random),
          by,
        }));
      }
      case "rest":
        return null;
    }
  })();
  if (awakes === Infinity || (planned !== null && planned.at < awakes)) return planned;
  return { at: Math.max(at, awakes), step: { is: "awoke" } };
}

/** Sentry makes new, regressed and escalating issues ongoing after seven days, unless something happens before. */
function settlingFirst(issue: SimulatedIssue, planned: Planned | null): Planned | null {
  const { condition, bornAt, since } = issue;
  if (condition.is !== "unresolved" || condition.because === "ongoing") return planned;
  const settles = (condition.because === "new" ? bornAt : since) + week;
  return planned === null || settles < planned.at ? { at: settles, step: { is: "settled" } } : planned;
}

function resolve(issue: SimulatedIssue, at: number, random: Random): Planned {
  const { project, assignee } = issue;
  const { organization, slug, isSemver } = project;
  const release = (when: number, ahead = 0): string => {
    // One release a day, and one minor version a week.
    const days = Math.floor(when / day) + ahead;
    return isSemver
      ? `${slug}@4.${Math.floor(days / 7) % 100}.${days % 7}`
      : `${slug}@${(Math.imul(days, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")}`;
  };
  const choice = random.weighted({
    now: 6,
    in_release: 1.5,
    in_next_release: 1.8,
    in_upcoming_release: 0.15,
    in_commit: 0.8,
    with_commit: 1,
    ticket: 1.1,
    application: 0.3,
  });
  const bySentry = (how: Resolution): Planned => ({
    at: at + random.exponential(1.5 * day),
    step: { is: "resolved", how, by: organization.sentry, assignsTo: null },
  });
  const bySomebody = (how: (when: number) => Resolution): Planned =>
    byPerson(issue, at, random, (by, when) => ({
      is: "resolved",
      how: how(when),
      by,
      assignsTo: assignee === null && random.chance(0.25) ? by : null,
    }));
  switch (choice) {
    case "now":
      return bySomebody(() => ({ is: "now" }));
    case "in_release":
      return bySomebody((when) => ({ is: "in_release", release: release(when) }));
    case "in_next_release":
      return bySomebody((when) => ({ is: "in_next_release", release: isSemver ? release(when, 1) : null }));
    case "in_upcoming_release":
      return bySomebody(() => ({ is: "in_upcoming_release" }));
    case "in_commit":
      return bySomebody(() => ({ is: "in_commit", sha: random.hex32() + random.hex32().slice(0, 8) }));
    case "with_commit":
      return bySentry({ is: "with_commit", release: release(at) });
    case "ticket": {
      const ticket = issue.ticket ?? (random.chance(0.7) ? "TIDE-" : "#") + (1 + random.below(4_000));
      return bySentry({ is: ticket.startsWith("#") ? "github" : "jira", ticket });
    }
    case "application": {
      const step: Step = {
        is: "resolved",
        how: { is: "now" },
        by: organization.application,
        assignsTo: null,
      };
      return { at: at + random.exponential(12 * hour), step };
    }
  }
}

function archiveEnd(random: Random): ArchiveEnd {
  switch (random.weighted({ escalating: 5, forever: 2, events: 1.2, users: 1, time: 1.5 })) {
    case "escalating":
      return { is: "escalating" };
    case "forever":
      return { is: "forever" };
    case "events":
      return {
        is: "events",
        limit: random.pick([10, 100, 1000]),
        window: random.pick([null, null, 60, 1440]),
      };
    case "users":
      return {
        is: "users",
        limit: random.pick([10, 50, 100]),
        window: random.pick([null, null, 1440, 10080]),
      };
    case "time":
      return { is: "time", ms: random.pick([30 * minute, 2 * hour, day, week]) };
  }
}

function byPerson(
  issue: SimulatedIssue,
  at: number,
  random: Random,
  step: (by: Person, when: number) => Step,
): Planned {
  const when = personalTime(at, random);
  return { at: when, step: step(random.pick(issue.project.organization.people), when) };
}

/** The time of a person's step: mostly within working hours, now and then within seconds of the step before. */
function personalTime(at: number, random: Random): number {
  if (random.chance(0.12)) return at + second + random.exponential(25 * second);
  const when = at + random.exponential(1.2 * day);
  if (random.chance(0.15)) return when;
  const hourOfDay = (when % day) / hour;
  const midnight = when - (when % day);
  let morning = hourOfDay < 8 ? midnight : midnight + day;
  const isWorking = hourOfDay >= 8 && hourOfDay < 18;
  if (isWorking && isWeekday(when)) return when;
  while (!isWeekday(morning)) morning += day;
  return morning + 8 * hour + random.exponential(100 * minute);
}

function isWeekday(at: number): boolean {
  const weekday = new Date(at).getUTCDay();
  return weekday !== 0 && weekday !== 6;
}

function anybody(issue: SimulatedIssue, by: Person, random: Random): Assignee {
  const { team, organization } = issue.project;
  switch (random.weighted({ self: 3, somebody: 3, team: 2 })) {
    case "self":
      return by;
    case "somebody":
      return random.pick(organization.people);
    case "team":
      return team;
  }
}

function commentAction(random: Random): "created" | "updated" | "deleted" {
  return random.weighted({ created: 8, updated: 1.5, deleted: 0.5 });
}
