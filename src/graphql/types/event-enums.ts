import type { EventSource, IssueAction, TransitionKind } from "../../domain/event.ts";
import { builder } from "../builder.ts";
import type { Described } from "./issue-enums.ts";

export const IssueActionType = builder.enumType("IssueAction", {
  description: "What a webhook says was done to an issue.",
  values: {
    CREATED: { description: "Sentry saw the issue for the first time." },
    RESOLVED: { description: "It was resolved, by a person, a release, an integration or its age." },
    ASSIGNED: { description: "It was assigned. Sentry sends nothing when an issue is unassigned." },
    ARCHIVED: { description: "It was archived: sent as `ignored` or `archived`." },
    UNRESOLVED: { description: "It was reopened, or it escalated." },
    ACTIVITY: { description: "From an `activity_alert` webhook: `actionRaw` has the activity's type." },
    OTHER: { description: "An action that this version does not know: `actionRaw` has it." },
  } satisfies Described<IssueAction>,
});

export const EventSourceType = builder.enumType("EventSource", {
  description: "How the gateway knows of an event.",
  values: {
    REPORTED: { description: "A webhook said so." },
    INFERRED: {
      description:
        "A later snapshot (the issue object that a webhook carries) shows it: Sentry sent no webhook for it, or the " +
        "webhook was lost.",
    },
  } satisfies Described<EventSource>,
});

export const TransitionKindType = builder.enumType("TransitionKind", {
  description: "What a change of status or substatus means.",
  values: {
    OPENED: { description: "The issue began: its `created` webhook." },
    DISCOVERED: {
      description:
        "The gateway first heard of the issue through an action that states no status, such as an " +
        "assignment. The issue began earlier.",
    },
    RESOLVED: { description: "To resolved." },
    ARCHIVED: { description: "To archived." },
    ARCHIVE_CHANGED: { description: "Still archived, but until something else." },
    REGRESSED: { description: "From resolved to unresolved by a new Sentry event." },
    REOPENED: { description: "From resolved to unresolved by a person." },
    UNARCHIVED: { description: "From archived to unresolved, without escalating." },
    ESCALATED: { description: "To unresolved and escalating, from unresolved or archived." },
    SETTLED: { description: "From unresolved to ongoing, with time." },
    OTHER: {
      description:
        "Any other change. Also every change from or to a status that this version does not know, except an issue's " +
        "first.",
    },
  } satisfies Described<TransitionKind>,
});
