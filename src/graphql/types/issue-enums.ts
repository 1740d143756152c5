import type {
  ActorType,
  Assignee,
  IssueLevel,
  IssuePriority,
  IssueStatus,
  IssueSubstatus,
} from "../../domain/issue.ts";
import { builder } from "../builder.ts";

/** A description for each word of a domain type. One that is missing or unknown does not compile. */
export type Described<Word extends string> = Readonly<Record<Word, { readonly description: string }>>;

export const IssueStatusType = builder.enumType("IssueStatus", {
  description: "An issue's status, in Sentry's words.",
  values: {
    UNRESOLVED: {
      description: "Open. `substatus` says whether it is new, ongoing, escalating or regressed.",
    },
    RESOLVED: { description: "Closed, until a new Sentry event reopens it." },
    IGNORED: { description: "Archived, in Sentry's interface. `substatus` says until when." },
    OTHER: { description: "A status that this version does not know: `statusRaw` has it." },
  } satisfies Described<IssueStatus>,
});

export const IssueSubstatusType = builder.enumType("IssueSubstatus", {
  description: "In what way an issue is unresolved or archived. Resolved issues have none.",
  values: {
    NEW: { description: "Unresolved, and first seen within the last week." },
    ONGOING: { description: "Unresolved for longer than a week, or unarchived." },
    ESCALATING: { description: "Unresolved, and happening much more often than before." },
    REGRESSED: { description: "Unresolved again after it was resolved." },
    ARCHIVED_UNTIL_ESCALATING: { description: "Archived until it happens much more often than before." },
    ARCHIVED_UNTIL_CONDITION_MET: {
      description:
        "Archived until a time, or a number of Sentry events or users, that `statusDetails` names.",
    },
    ARCHIVED_FOREVER: { description: "Archived for good." },
    OTHER: { description: "A substatus that this version does not know: `substatusRaw` has it." },
  } satisfies Described<IssueSubstatus>,
});

export const IssueLevelType = builder.enumType("IssueLevel", {
  description:
    "The severity that an issue's Sentry events state. In ascending order: SAMPLE, DEBUG, INFO, WARNING, " +
    "ERROR, FATAL.",
  values: {
    SAMPLE: { description: "A sample event that Sentry made." },
    DEBUG: { description: "For debugging." },
    INFO: { description: "For information." },
    WARNING: { description: "A warning." },
    ERROR: { description: "An error: the usual level." },
    FATAL: { description: "A crash." },
    UNKNOWN: {
      description:
        "Sentry's `unknown`, none at all, or a level that this version does not know: `levelRaw` has it.",
    },
  } satisfies Described<IssueLevel>,
});

export const IssuePriorityType = builder.enumType("IssuePriority", {
  description:
    "How urgent an issue is, according to Sentry or a person. Order: LOW, MEDIUM, HIGH; null comes last.",
  values: {
    LOW: { description: "Low." },
    MEDIUM: { description: "Medium." },
    HIGH: { description: "High." },
  } satisfies Described<IssuePriority>,
});

export const AssigneeTypeType = builder.enumType("AssigneeType", {
  description: "What an issue can be assigned to.",
  values: {
    USER: { description: "A person." },
    TEAM: { description: "A team." },
  } satisfies Described<Assignee["type"]>,
});

export const ActorTypeType = builder.enumType("ActorType", {
  description: "Who can act on an issue.",
  values: {
    USER: { description: "A person." },
    APPLICATION: { description: "An integration, acting through Sentry's API." },
    SENTRY: { description: "Sentry itself: because of a new Sentry event, a rule, or the passage of time." },
    OTHER: { description: "A kind of actor that this version does not know." },
  } satisfies Described<ActorType>,
});
