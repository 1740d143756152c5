import type { Actor, Json, JsonObject } from "../domain/issue.ts";
import { ActorType } from "./actor.ts";
import { builder } from "./builder.ts";
import { isTellable, parseDateTime } from "./date-time.ts";
import { largestInt } from "./int.ts";
import { requirePrivate } from "./permitted.ts";

/*
 * Sentry's `statusDetails` is an open object whose shape has changed before. Each reader takes what it understands and
 * gives null for everything else: `raw` has it all.
 */

type Commit = {
  readonly id: string;
  readonly message: string | null;
  readonly repository: string | null;
  readonly raw: Json;
};

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
      description:
        "The commit exactly as received: an object, or a bare hash. FORBIDDEN for an anonymous reader.",
      resolve({ raw }, _args, context) {
        requirePrivate("`raw`", context);
        return context.answerSize.weighed(raw);
      },
    }),
  }),
});

export const StatusDetailsType = builder.objectRef<JsonObject>("StatusDetails").implement({
  description:
    "How an issue came to be resolved or archived, and how that will end. A field is null if Sentry did " +
    "not send it, or sent a value of another type.",
  fields: (t) => ({
    inRelease: t.string({
      nullable: true,
      description: "Resolved in this release.",
      resolve: ({ inRelease }) => textOf(inRelease),
    }),
    inNextRelease: t.boolean({
      nullable: true,
      description: "Resolved in the next release.",
      resolve: ({ inNextRelease }) => flagOf(inNextRelease),
    }),
    inCommit: t.field({
      type: CommitType,
      nullable: true,
      description: "Resolved by this commit.",
      resolve: ({ inCommit }) => commitOf(inCommit),
    }),
    ignoreCount: t.int({
      nullable: true,
      description:
        "Archived until it happens this many more times: in total, or within `ignoreWindow`. Without a " +
        "window it is the number that remained when Sentry sent it.",
      resolve: ({ ignoreCount }) => intOf(ignoreCount),
    }),
    ignoreWindow: t.int({
      nullable: true,
      description: "The window of `ignoreCount`, in minutes.",
      resolve: ({ ignoreWindow }) => intOf(ignoreWindow),
    }),
    ignoreUserCount: t.int({
      nullable: true,
      description: "Archived until it affects this many more users: in total, or within `ignoreUserWindow`.",
      resolve: ({ ignoreUserCount }) => intOf(ignoreUserCount),
    }),
    ignoreUserWindow: t.int({
      nullable: true,
      description: "The window of `ignoreUserCount`, in minutes.",
      resolve: ({ ignoreUserWindow }) => intOf(ignoreUserWindow),
    }),
    ignoreDuration: t.int({
      nullable: true,
      description: "Archived for this many minutes. Sentry documents it, but sends `ignoreUntil` instead.",
      resolve: ({ ignoreDuration }) => intOf(ignoreDuration),
    }),
    ignoreUntil: t.field({
      type: "DateTime",
      nullable: true,
      description: "Archived until this time.",
      resolve: ({ ignoreUntil }) => timeOf(ignoreUntil),
    }),
    autoResolved: t.boolean({
      nullable: true,
      description: "True when Sentry resolved it because of its age.",
      resolve: ({ autoResolved }) => flagOf(autoResolved),
    }),
    actor: t.field({
      type: ActorType,
      nullable: true,
      description: "The person who resolved or archived it.",
      resolve: ({ actor }) => userOf(actor),
    }),
    raw: t.field({
      type: "JSON",
      description:
        "The object exactly as received, with whatever else it contains, such as e-mail addresses. FORBIDDEN " +
        "for an anonymous reader.",
      resolve(details, _args, context) {
        requirePrivate("`raw`", context);
        return context.answerSize.weighed(details);
      },
    }),
  }),
});

function textOf(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function flagOf(value: Json | undefined): boolean | null {
  return typeof value === "boolean" ? value : null;
}

function intOf(value: Json | undefined): number | null {
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= largestInt ? value : null;
}

function timeOf(value: Json | undefined): number | null {
  // Sentry's times are UTC, also those that do not say so.
  const time = typeof value === "string" ? (parseDateTime(value) ?? parseDateTime(`${value}Z`)) : null;
  return time === null || !isTellable(time) ? null : time;
}

function objectOf(value: Json | undefined): JsonObject | null {
  // `Array.isArray` does not narrow a readonly array away.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

function idOf(value: Json | undefined): string | null {
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : textOf(value);
}

/**
 * A commit is an object of its own in the answers of Sentry's serializer. In the documentation of its webhooks it is
 * `commit` and `repository`, a hash and a name; in that of its API a bare hash.
 */
function commitOf(value: Json | undefined): Commit | null {
  if (typeof value === "string") return { id: value, message: null, repository: null, raw: value };
  const commit = objectOf(value);
  if (commit === null) return null;
  const { id: ownId, commit: hash, message, repository } = commit;
  const id = idOf(ownId) ?? idOf(hash);
  if (id === null) return null;
  return {
    id,
    message: textOf(message),
    repository: textOf(repository) ?? textOf(objectOf(repository)?.["name"]),
    raw: commit,
  };
}

/** The actor of status details is one of Sentry's full user objects. */
function userOf(value: Json | undefined): Actor | null {
  const user = objectOf(value);
  const sentryId = idOf(user?.["id"]);
  if (user === null || sentryId === null) return null;
  // Who has not given a name has an empty one.
  return { type: "USER", sentryId, name: textOf(user["name"]) || textOf(user["username"]) || sentryId };
}
