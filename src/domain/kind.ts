import type { Facts } from "./delivery.ts";
import type { IssueAction, TransitionKind } from "./event.ts";
import { issueStatusOf, issueSubstatusOf, type State } from "./issue.ts";
import { isCreated } from "./order.ts";

/** The kind of a transition. `by` is the delivery that reports it; null for an INFERRED one. */
export function kindOf(from: State | null, to: State, by: Facts | null): TransitionKind {
  if (from === null) {
    if (by !== null && isCreated(by)) return "OPENED";
    if (by?.claim == null) return "DISCOVERED";
  }
  const left = from === null ? null : issueStatusOf(from.status);
  const entered = issueStatusOf(to.status);
  if (left === "OTHER") return "OTHER";
  switch (entered) {
    case "RESOLVED":
      return "RESOLVED";
    case "IGNORED":
      return left === "IGNORED" ? "ARCHIVE_CHANGED" : "ARCHIVED";
    case "UNRESOLVED":
      return unresolvedKindOf(left, to, by);
    case "OTHER":
      return "OTHER";
  }
}

function unresolvedKindOf(
  left: "UNRESOLVED" | "RESOLVED" | "IGNORED" | null,
  to: State,
  by: Facts | null,
): TransitionKind {
  const substatus = issueSubstatusOf(to.substatus);
  switch (left) {
    case "RESOLVED":
      // Sentry marks an issue that a person reopens as regressed too.
      return by?.actor?.type === "USER" ? "REOPENED" : "REGRESSED";
    case "IGNORED":
      return substatus === "ESCALATING" ? "ESCALATED" : "UNARCHIVED";
    case "UNRESOLVED":
      if (substatus === "ESCALATING") return "ESCALATED";
      return substatus === "ONGOING" ? "SETTLED" : "OTHER";
    case null:
      if (substatus === "REGRESSED") return "REGRESSED";
      return substatus === "ESCALATING" ? "ESCALATED" : "REOPENED";
  }
}

/** The action that a delivery reports. */
export function actionOf({ resource, action }: Facts): IssueAction {
  if (resource === "activity") return "ACTIVITY";
  switch (action) {
    case "created":
      return "CREATED";
    case "resolved":
      return "RESOLVED";
    case "assigned":
      return "ASSIGNED";
    case "ignored":
    case "archived":
      return "ARCHIVED";
    case "unresolved":
      return "UNRESOLVED";
    default:
      return "OTHER";
  }
}

/** The action that Sentry would have sent for a transition to this state. */
export function inferredActionOf(to: State): IssueAction {
  switch (issueStatusOf(to.status)) {
    case "RESOLVED":
      return "RESOLVED";
    case "IGNORED":
      return "ARCHIVED";
    case "UNRESOLVED":
      return "UNRESOLVED";
    case "OTHER":
      return "OTHER";
  }
}
