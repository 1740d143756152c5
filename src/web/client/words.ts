import type { IssueEvent, StatusDetails } from "./operations/issue.ts";
import type { Actor, Assignee, IssueState, ListedIssue } from "./operations/shapes.ts";
import { durationText, momentText } from "./time-text.ts";

// As in English, whatever the reader's language: among English words "12.345" means twelve and a bit.
const counts = new Intl.NumberFormat("en");
const shares = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const shortCounts = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** What has to be said of "last seen": Sentry sends no webhook for most of an issue's events. */
export const asOfWebhook = "As of the last webhook";

export function countText(count: number): string {
  return counts.format(count);
}

/** In at most five characters: `12.3K`. */
export function shortCountText(count: number): string {
  return shortCounts.format(count);
}

export function shareText(share: number): string {
  return shares.format(share);
}

/** `REGRESSED` as `Regressed`, `ARCHIVED_UNTIL_ESCALATING` as `Archived until escalating`. */
export function sentence(name: string): string {
  const words = name.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A level; an unknown one in Sentry's words. */
export function levelText({ level, levelRaw }: Pick<ListedIssue, "level" | "levelRaw">): string {
  return sentence(level === "UNKNOWN" ? (levelRaw ?? level) : level);
}

/** A state in Sentry's words. */
export function stateText({ status, statusRaw, substatus, substatusRaw }: IssueState): string {
  switch (status) {
    case "UNRESOLVED":
      return substatus === null
        ? "Unresolved"
        : substatus === "OTHER"
          ? sentence(substatusRaw ?? "")
          : sentence(substatus);
    case "RESOLVED":
      return "Resolved";
    case "IGNORED":
      return "Archived";
    case "OTHER":
      return sentence(statusRaw);
  }
}

/** How a state is coloured: part of the names of its CSS classes. */
export type Tone = "new" | "ongoing" | "escalating" | "regressed" | "resolved" | "archived" | "other";

export function toneOf({ status, substatus }: IssueState): Tone {
  switch (status) {
    case "UNRESOLVED":
      switch (substatus) {
        case "NEW":
          return "new";
        case "ESCALATING":
          return "escalating";
        case "REGRESSED":
          return "regressed";
        default:
          return "ongoing";
      }
    case "RESOLVED":
      return "resolved";
    case "IGNORED":
      return "archived";
    case "OTHER":
      return "other";
  }
}

const kinds: Readonly<Record<string, string>> = {
  OPENED: "Opened",
  DISCOVERED: "First heard of",
  RESOLVED: "Resolved",
  ARCHIVED: "Archived",
  ARCHIVE_CHANGED: "Archived otherwise",
  REGRESSED: "Regressed",
  REOPENED: "Reopened",
  UNARCHIVED: "Unarchived",
  ESCALATED: "Escalating",
  SETTLED: "Became ongoing",
};

/** What happened, as a headline. */
export function eventText(event: IssueEvent): string {
  if (event.transition !== null) {
    return kinds[event.transition.kind] ?? `Became ${stateText(event.transition.to).toLowerCase()}`;
  }
  switch (event.action) {
    case "ASSIGNED":
      return event.assignee === null ? "Assignment" : `Assigned to ${assigneeText(event.assignee)}`;
    case "CREATED":
    case "RESOLVED":
    case "ARCHIVED":
    case "UNRESOLVED":
      return `Told again: ${event.action.toLowerCase()}`;
    default:
      return event.actionRaw === null ? "Updated" : sentence(event.actionRaw);
  }
}

/** Who did it; null if nobody is named. */
export function actorText(actor: Actor | null): string | null {
  if (actor === null) return null;
  switch (actor.type) {
    case "SENTRY":
      return "Sentry";
    case "APPLICATION":
      return `${actor.name} (application)`;
    default:
      return actor.name;
  }
}

export function assigneeText({ __typename, name }: Assignee): string {
  return __typename === "Team" ? `#${name}` : name;
}

const resolutionTypes: Readonly<Record<string, string>> = {
  now: "by hand",
  in_release: "in a release",
  in_next_release: "in the next release",
  in_commit: "by a commit",
  autoresolve: "by age: no event for as long as the project allows",
};

/** Why a state came about and when it ends, as far as Sentry said; empty if it did not. */
export function reasons(resolutionType: string | null, to: IssueState, details: StatusDetails): string[] {
  const found: string[] = [];
  if (to.status === "RESOLVED") {
    if (resolutionType !== null) found.push(resolutionTypes[resolutionType] ?? `by ${resolutionType}`);
    else if (details.autoResolved === true) found.push(resolutionTypes["autoresolve"]!);
    if (details.inRelease !== null) found.push(`release ${details.inRelease}`);
    if (details.inNextRelease === true && resolutionType !== "in_next_release")
      found.push("in the next release");
    if (details.inCommit !== null) {
      const { id, repository } = details.inCommit;
      found.push(`commit ${id.slice(0, 10)}${repository === null ? "" : ` of ${repository}`}`);
    }
  }
  if (to.status === "IGNORED") {
    if (to.substatus === "ARCHIVED_UNTIL_ESCALATING") found.push("until it escalates");
    if (to.substatus === "ARCHIVED_FOREVER") found.push("for good");
    if (details.ignoreUntil !== null) found.push(`until ${momentText(details.ignoreUntil)}`);
    if (details.ignoreCount !== null)
      found.push(untilText(details.ignoreCount, "event", details.ignoreWindow));
    if (details.ignoreUserCount !== null)
      found.push(untilText(details.ignoreUserCount, "user", details.ignoreUserWindow));
  }
  return found;
}

function untilText(count: number, one: string, windowMinutes: number | null): string {
  const within = windowMinutes === null ? "" : ` within ${durationText(windowMinutes * 60)}`;
  return `until ${countText(count)} more ${count === 1 ? one : `${one}s`}${within}`;
}
