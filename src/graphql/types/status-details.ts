import type { Commit, StatusDetails } from "../../domain/status-details.ts";
import { ActorType } from "./actor.ts";
import { builder } from "../builder.ts";
import { requirePrivate } from "../reading/permitted.ts";

const CommitType = builder.objectRef<Commit>("Commit").implement({
  description: "A commit that resolved an issue.",
  fields: (t) => ({
    id: t.exposeString("id", { description: "The commit's hash." }),
    message: t.exposeString("message", { nullable: true, description: "Its message; null when not sent." }),
    repository: t.exposeString("repository", {
      nullable: true,
      description: "The repository's name, like `acme/checkout`; null when not sent.",
    }),
    raw: t.field({
      type: "JSON",
      description: "The commit as received: an object, or a bare hash. FORBIDDEN for an anonymous reader.",
      resolve({ raw }, _args, context) {
        requirePrivate("`raw`", context);
        return context.answerSize.weighed(raw);
      },
    }),
  }),
});

export const StatusDetailsType = builder.objectRef<StatusDetails>("StatusDetails").implement({
  description:
    "How an issue came to be resolved or archived, and how that will end. A field is null if Sentry did " +
    "not send it, or sent a value of another type.",
  fields: (t) => ({
    inRelease: t.exposeString("inRelease", {
      nullable: true,
      description: "Resolved in this release.",
    }),
    inNextRelease: t.exposeBoolean("inNextRelease", {
      nullable: true,
      description: "Resolved in the next release.",
    }),
    inCommit: t.expose("inCommit", {
      type: CommitType,
      nullable: true,
      description: "Resolved by this commit.",
    }),
    ignoreCount: t.exposeInt("ignoreCount", {
      nullable: true,
      description:
        "Archived until it happens this many more times: in total, or within `ignoreWindow`. Without a " +
        "window it is the number that remained when Sentry sent it.",
    }),
    ignoreWindow: t.exposeInt("ignoreWindow", {
      nullable: true,
      description: "The window of `ignoreCount`, in minutes.",
    }),
    ignoreUserCount: t.exposeInt("ignoreUserCount", {
      nullable: true,
      description: "Archived until it affects this many more users: in total, or within `ignoreUserWindow`.",
    }),
    ignoreUserWindow: t.exposeInt("ignoreUserWindow", {
      nullable: true,
      description: "The window of `ignoreUserCount`, in minutes.",
    }),
    ignoreDuration: t.exposeInt("ignoreDuration", {
      nullable: true,
      description: "Archived for this many minutes. Sentry documents it, but sends `ignoreUntil` instead.",
    }),
    ignoreUntil: t.expose("ignoreUntil", {
      type: "DateTime",
      nullable: true,
      description: "Archived until this time.",
    }),
    autoResolved: t.exposeBoolean("autoResolved", {
      nullable: true,
      description: "True when Sentry resolved it because of its age.",
    }),
    actor: t.expose("actor", {
      type: ActorType,
      nullable: true,
      description: "The person who resolved or archived it.",
    }),
    raw: t.field({
      type: "JSON",
      description:
        "The object as received, with whatever else it contains, such as e-mail addresses. FORBIDDEN " +
        "for an anonymous reader.",
      resolve({ raw }, _args, context) {
        requirePrivate("`raw`", context);
        return context.answerSize.weighed(raw);
      },
    }),
  }),
});
