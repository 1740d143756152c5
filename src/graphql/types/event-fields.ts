import { ActorType } from "./actor.ts";
import { EventSourceType } from "./event-enums.ts";

/** The fields that events and transitions have in common, as options of `expose`. */
export const eventFields = {
  source: { type: EventSourceType, description: "How the gateway knows of it." },
  actor: {
    type: ActorType,
    nullable: true,
    description: "Who did it. Null for INFERRED, and if Sentry named nobody.",
  },
  occurredAfter: {
    type: "DateTime",
    nullable: true,
    description: "For INFERRED, the earliest time at which it can have happened; null for REPORTED.",
  },
  receivedAt: {
    type: "DateTime",
    description: "When the gateway received the webhook that reported it, or whose snapshot shows it.",
  },
  isLate: {
    description:
      "It arrived after a later event of the same issue was already in the log, or a delivery that did so " +
      "brought it about.",
  },
  resolutionType: {
    nullable: true,
    description:
      "How it was resolved: now, in_release, in_commit, autoresolve, jira, … An open set. Null for INFERRED.",
  },
} as const;
