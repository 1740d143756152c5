import type { Actor, Assignee } from "../domain/issue.ts";

/** People as columns hold them: JSON arrays, which take half the space of objects, since most rows have a person. */

export function actorText(actor: Actor | null | undefined): string | null {
  return actor == null ? null : JSON.stringify([actor.type, actor.sentryId, actor.name]);
}

export function assigneeText(assignee: Assignee | null | undefined): string | null {
  return assignee == null
    ? null
    : JSON.stringify([assignee.type, assignee.sentryId, assignee.name, assignee.email]);
}

/** @param text as `actorText` wrote it. */
export function actorIn(text: string | null): Actor | null {
  if (text === null) return null;
  const [type, sentryId, name] = JSON.parse(text) as [Actor["type"], string, string];
  return { type, sentryId, name };
}

/** @param text as `assigneeText` wrote it. */
export function assigneeIn(text: string | null): Assignee | null {
  if (text === null) return null;
  const [type, sentryId, name, email] = JSON.parse(text) as [Assignee["type"], string, string, string | null];
  return { type, sentryId, name, email };
}
