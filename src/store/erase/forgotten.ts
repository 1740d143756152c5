import { eq } from "drizzle-orm";
import { forgottenRole } from "../../domain/event.ts";
import type { IssueFields } from "../../domain/issue.ts";
import type { QueryContext } from "../queries/query.ts";

/**
 * The sha256 in rows of `deliveries` that are no webhooks: those that tell of a forgotten issue, and those set aside
 * until their contents are erased.
 */
export const sha256OfForgotten = Buffer.alloc(32);

/** The fields of a forgotten issue: nothing but which project it was in. */
export function forgottenFields(projectId: string | null): IssueFields {
  return {
    shortId: null,
    title: "",
    culprit: null,
    statusRaw: "",
    substatusRaw: null,
    statusDetails: {},
    levelRaw: null,
    priorityRaw: null,
    category: null,
    issueType: null,
    platform: null,
    project: projectId === null ? null : { sentryId: projectId, slug: "", name: "", platform: null },
    assignee: null,
    isUnhandled: null,
    count: 0,
    userCount: 0,
    firstSeen: null,
    lastSeen: null,
  };
}

/** Appends an entry that says only that the issue is gone, and names its project, which decides who may know. */
export async function tellForgotten(
  context: Pick<QueryContext, "db" | "tables">,
  sentryId: string,
  projectId: string | null,
  now: number,
): Promise<void> {
  const { db, tables } = context;
  const { contents, deliveries, events } = tables;
  const [delivery] = await db
    .insert(deliveries)
    .values({
      position: 0,
      receivedAt: now,
      sentAt: now,
      isRequestIdReused: false,
      outcome: "IGNORED",
      reason: "No webhook: an issue was forgotten, and its followers are told so.",
      sha256: sha256OfForgotten,
      bytes: 0,
    })
    .returning({ id: deliveries.id });
  const id = delivery!.id;
  await db
    .insert(contents)
    .values({ delivery: id, fields: JSON.stringify(forgottenFields(projectId)), body: null });
  const [event] = await db
    .insert(events)
    .values({
      issueId: sentryId,
      delivery: id,
      role: forgottenRole,
      version: 0,
      place: Buffer.alloc(0),
      source: "INFERRED",
      action: "OTHER",
      occurredAt: now,
      isLate: false,
      isUndone: false,
      committedAt: now,
      afterStatus: "",
      afterSince: now,
      afterShown: id,
      projectId,
    })
    .returning({ seq: events.seq });
  const { seq } = event!;
  // Supersedes itself: it must not be part of a history if the issue is heard of again.
  await db.update(events).set({ supersededBy: seq }).where(eq(events.seq, seq));
  await db.update(deliveries).set({ position: seq }).where(eq(deliveries.id, id));
}
