import type { Actor, Assignee, JsonObject } from "../domain/issue.ts";
import { isObject } from "./objects.ts";
import { notTooLong, personIdOf, wordOf } from "./text.ts";

/** Sentry's names have 200 characters at most. */
const maxNameBytes = 1_000;

/**
 * The assignee in one of Sentry's shapes; null for none, or for a shape that names nobody. If it has no name, that of
 * `known` is taken, if that is the same assignee.
 */
export function assigneeOf(value: unknown, known: Assignee | null = null): Assignee | null {
  // Long ago `assignedTo` was a bare string.
  if (typeof value === "string") {
    const name = personIdOf(value);
    return name === null ? null : { type: "USER", sentryId: name, name, email: null };
  }
  if (!isObject(value)) return null;
  const sentryId = personIdOf(value["id"]);
  if (sentryId === null) return null;
  const type = value["type"] === "team" ? "TEAM" : "USER";
  const knownName = known?.type === type && known.sentryId === sentryId ? known.name : null;
  const name = notTooLong(nameOf(value), maxNameBytes) ?? knownName ?? sentryId;
  return { type, sentryId, name, email: type === "TEAM" ? null : notTooLong(wordOf(value["email"])) };
}

/** The actor; null if the body names none. */
export function actorOf(value: unknown): Actor | null {
  if (!isObject(value)) return null;
  const sentryId = personIdOf(value["id"]);
  if (sentryId === null) return null;
  return { type: actorTypeOf(value["type"], sentryId), sentryId, name: nameOf(value) ?? sentryId };
}

/** An account without a name has an empty one, and goes by its user name, which only some shapes have. */
function nameOf(person: JsonObject): string | null {
  return wordOf(person["name"]) ?? wordOf(person["username"]);
}

/** The user in one of Sentry's user objects, as in an activity's `details.user`; null if there is none. */
export function userOf(value: unknown): Actor | null {
  const actor = actorOf(value);
  return actor === null ? null : { ...actor, type: "USER" };
}

function actorTypeOf(type: unknown, sentryId: string): Actor["type"] {
  if (type === "user") return "USER";
  if (type !== "application") return "OTHER";
  return sentryId === "sentry" ? "SENTRY" : "APPLICATION";
}
