import type { LoggedEvent } from "../../domain/event.ts";
import {
  issueLevelOf,
  issuePriorityOf,
  issueStatusOf,
  issueSubstatusOf,
  stateOf,
  type IssueFields,
  type Json,
} from "../../domain/issue.ts";
import { nodeId } from "../../domain/node-id.ts";
import { isTransition } from "../../domain/transition.ts";
import { AssigneeType } from "./assignee.ts";
import { NodeType } from "../builder.ts";
import { connectionTypes } from "../paging/connection.ts";
import { formatDateTime } from "../filters/date-time.ts";
import { IssueActionType } from "./event-enums.ts";
import { eventFields } from "./event-fields.ts";
import type { PagedList } from "../paging/page-cursor.ts";
import { usuallyShort } from "../limits/costs.ts";
import { requirePrivate } from "../reading/permitted.ts";
import { positionAt } from "../paging/position.ts";
import { DeliveryType, IssueEventType, IssueType, StatusTransitionType } from "./refs.ts";

IssueEventType.implement({
  description:
    "One thing that happened to an issue, not one of Sentry's error events: a webhook's action, or a " +
    "change that a later snapshot (the issue object that a webhook carries) shows. It never changes, except " +
    "for what the events before it decide (`previousAssignee` and `transition.secondsInPreviousState`); if a " +
    "late delivery shows that it happened differently, another event replaces it (`supersededBy`).",
  interfaces: [NodeType],
  fields: (t) => ({
    id: t.id({
      description: "The event's global id.",
      resolve: ({ id }) => nodeId("IssueEvent", id),
    }),
    cursor: t.field({
      type: "Cursor",
      description: "Its position in the log: subscribe after it to get what followed.",
      resolve: ({ seq }, _args, { loaders }) => positionAt(seq, loaders),
    }),
    issue: t.field({
      type: IssueType,
      description:
        "The issue that it happened to, as it is now; in a subscription, as known after this entry of the " +
        "log, which in a replay is older than what a query reads.",
      resolve: ({ issueId }, _args, { loaders }) => loaders.issueOf(issueId),
    }),
    action: t.expose("action", {
      type: IssueActionType,
      description: "What was done. For INFERRED, the action that Sentry would have sent.",
    }),
    actionRaw: t.exposeString("actionRaw", {
      nullable: true,
      description:
        "Exactly what Sentry sent: the action, or the activity's type for ACTIVITY. Null for INFERRED.",
    }),
    source: t.expose("source", eventFields.source),
    actor: t.expose("actor", eventFields.actor),
    occurredAt: t.expose("occurredAt", {
      type: "DateTime",
      description:
        "When Sentry sent the webhook that reported it: Sentry sends no time of the change itself. For " +
        "INFERRED, the latest time at which it can have happened.",
    }),
    occurredAfter: t.expose("occurredAfter", eventFields.occurredAfter),
    receivedAt: t.expose("receivedAt", eventFields.receivedAt),
    isLate: t.exposeBoolean("isLate", eventFields.isLate),
    resolutionType: t.exposeString("resolutionType", eventFields.resolutionType),
    transition: t.field({
      type: StatusTransitionType,
      nullable: true,
      description: "The change of status or substatus; null when it changed neither, like an assignment.",
      resolve: (event) => (isTransition(event) ? event : null),
    }),
    supersedes: t.field({
      type: IssueEventType,
      nullable: true,
      description:
        "The event that this one replaces in the history because a late delivery showed that it happened " +
        "differently; the oldest if it replaces several.",
      resolve: ({ supersedes }, _args, { loaders }) =>
        supersedes === null ? null : loaders.event(supersedes),
    }),
    supersedesAll: t.field({
      extensions: usuallyShort,
      type: [IssueEventType],
      description:
        "Every event that this one replaces, in log order; empty if it replaces none. A client that follows " +
        "the whole log (`issueChanged` without a filter) has the history if it adds each event and drops these.",
      resolve: async ({ seq, supersedes }, _args, { loaders, answerSize }, info) =>
        supersedes === null ? [] : answerSize.counted((await loaders.replacedBy(seq)) ?? [], info),
    }),
    supersededBy: t.field({
      type: IssueEventType,
      nullable: true,
      description:
        "The event that replaced this one, or null. A replaced event stays in the log but is no longer in the history. " +
        "Always null on an event that a subscription sends: its replacement is sent later, and lists it in `supersedesAll`.",
      resolve: ({ supersededBy }, _args, { loaders }) =>
        supersededBy === null ? null : loaders.event(supersededBy),
    }),
    previousAssignee: t.field({
      type: AssigneeType,
      nullable: true,
      description:
        "Who the issue was assigned to after the previous event in its history; null for nobody, and for the " +
        "first event. The same as `assignee` if the previous event already shows the assignment, as when " +
        "resolving an issue assigns it.",
      resolve: async ({ seq }, _args, { loaders }) => (await loaders.before(seq))?.assignee ?? null,
    }),
    assignee: t.expose("assignee", {
      type: AssigneeType,
      nullable: true,
      description:
        "Who the issue was assigned to after this event: `data.assignee` for an assignment, else the snapshot's " +
        "assignee. For an INFERRED event before the one that its webhook reports: the assignee until then. Null for nobody.",
    }),
    snapshot: t.field({
      type: "JSON",
      description:
        "The fields that `IssueFilter` can name, as this event's own delivery showed them: an object with " +
        "the names and values that `Issue` has for them (`project` and `assignee` with the fields of their " +
        "filters). `statusSince` is missing, since no delivery shows it. Empty for a viewer limited to some " +
        "projects, if the delivery showed the issue outside of these. FORBIDDEN for an anonymous reader.",
      resolve: async ({ delivery, issueId }, _args, context) => {
        requirePrivate("`snapshot`", context);
        const fields = await context.loaders.snapshot(delivery);
        return fields === null ? {} : context.answerSize.weighed(snapshotOf(issueId, fields));
      },
    }),
    delivery: t.field({
      type: DeliveryType,
      nullable: true,
      description:
        "The webhook that reported it, or whose snapshot shows it; null except for admins of all projects.",
      resolve: ({ delivery }, _args, { loaders }) => loaders.delivery(delivery),
    }),
  }),
});

export const { ConnectionType: IssueEventConnectionType } = connectionTypes(
  "IssueEvent",
  IssueEventType,
  "events",
);

/** One issue's events, in history order. */
export function eventsOf(issueId: string): PagedList<LoggedEvent, Uint8Array> {
  return historyList(`events of ${issueId}`);
}

/** A list of events in the order of one issue's history. */
export function historyList<Event extends LoggedEvent>(name: string): PagedList<Event, Uint8Array> {
  return {
    name,
    keyOf: ({ place }) => place,
    toJson: (place) => [Buffer.from(place).toString("base64url")],
    fromJson: ([place]) =>
      typeof place === "string" ? Uint8Array.from(Buffer.from(place, "base64url")) : null,
  };
}

function snapshotOf(sentryId: string, fields: IssueFields): Json {
  const { status, substatus } = stateOf(fields.statusRaw, fields.substatusRaw);
  return {
    sentryId,
    shortId: fields.shortId,
    title: fields.title,
    culprit: fields.culprit,
    status: issueStatusOf(status),
    substatus: issueSubstatusOf(substatus),
    level: issueLevelOf(fields.levelRaw),
    priority: issuePriorityOf(fields.priorityRaw),
    category: fields.category,
    issueType: fields.issueType,
    platform: fields.platform,
    project: fields.project && { sentryId: fields.project.sentryId, slug: fields.project.slug },
    assignee: fields.assignee && {
      sentryId: fields.assignee.sentryId,
      email: fields.assignee.email,
      name: fields.assignee.name,
      type: fields.assignee.type,
    },
    isUnhandled: fields.isUnhandled,
    count: fields.count,
    userCount: fields.userCount,
    firstSeen: fields.firstSeen === null ? null : formatDateTime(fields.firstSeen),
    lastSeen: fields.lastSeen === null ? null : formatDateTime(fields.lastSeen),
  };
}
