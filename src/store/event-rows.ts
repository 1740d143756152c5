import { forgottenRole, type LoggedEvent } from "../domain/event.ts";
import type { Entry } from "../domain/entry.ts";
import type { Measures } from "../domain/measures.ts";
import type { DeliveryRow } from "./delivery-rows.ts";
import { assigneeText, assigneeIn } from "./person-text.ts";
import type { events } from "./tables/sqlite.ts";

/** Rows of the log, as both databases read and write them, and what they mean. */

export type EventRow = typeof events.$inferSelect;

/** The row of a log entry at this position. */
export function eventRow(
  { event, isLate, state, statusSince }: Entry,
  measures: Measures,
  placed: Pick<
    EventRow,
    | "seq"
    | "issueId"
    | "previous"
    | "version"
    | "supersedes"
    | "supersededBy"
    | "committedAt"
    | "afterShown"
    | "afterNamed"
    | "projectId"
    | "projectSlug"
  >,
): EventRow {
  return {
    ...placed,
    delivery: event.delivery,
    role: event.role,
    place: Buffer.from(event.place),
    source: event.source,
    action: event.action,
    actionRaw: event.actionRaw,
    actorType: event.actor?.type ?? null,
    actorId: event.actor?.sentryId ?? null,
    actorName: event.actor?.name ?? null,
    assignee: assigneeText(event.assignee),
    kind: event.transition?.kind ?? null,
    fromStatus: event.transition?.from?.status ?? null,
    fromSubstatus: event.transition?.from?.substatus ?? null,
    toStatus: event.transition?.to.status ?? null,
    toSubstatus: event.transition?.to.substatus ?? null,
    occurredAt: event.occurredAt,
    occurredAfter: event.occurredAfter,
    isLate,
    afterStatus: state.status,
    afterSubstatus: state.substatus,
    afterSince: statusSince,
    ...measuresRow(measures),
  };
}

export type MeasuresColumns = Pick<EventRow, "stayMs" | "resolvedAfter" | "triagedAfterMs" | "isUndone">;

export function measuresRow({
  stayMs,
  resolvedAfterMs,
  triagedAfterMs,
  isUndone,
}: Measures): MeasuresColumns {
  const resolvedAfter = resolvedAfterMs.length === 0 ? null : resolvedAfterMs.join(",");
  return { stayMs, resolvedAfter, triagedAfterMs, isUndone };
}

/** An event as the log holds it, from its row and its delivery's. */
export function eventOf(
  row: EventRow,
  delivery: Pick<DeliveryRow, "receivedAt" | "resolutionType">,
): LoggedEvent {
  return {
    seq: row.seq,
    issueId: row.issueId,
    id: eventId(row),
    place: row.place,
    delivery: row.delivery,
    role: row.role,
    source: row.source,
    action: row.action,
    actionRaw: row.actionRaw,
    actor:
      row.actorType === null
        ? null
        : { type: row.actorType, sentryId: row.actorId ?? "", name: row.actorName ?? "" },
    assignee: assigneeIn(row.assignee),
    transition:
      row.kind === null || row.toStatus === null
        ? null
        : {
            kind: row.kind,
            from: row.fromStatus === null ? null : { status: row.fromStatus, substatus: row.fromSubstatus },
            to: { status: row.toStatus, substatus: row.toSubstatus },
          },
    occurredAt: row.occurredAt,
    occurredAfter: row.occurredAfter,
    isLate: row.isLate,
    supersedes: row.supersedes,
    supersededBy: row.role === forgottenRole ? null : row.supersededBy,
    receivedAt: delivery.receivedAt,
    committedAt: row.committedAt,
    // The type is that of a webhook's claim, and no webhook claims what is INFERRED.
    resolutionType: row.source === "INFERRED" ? null : delivery.resolutionType,
  };
}

function eventId({ delivery, role, version }: Pick<EventRow, "delivery" | "role" | "version">): string {
  return version === 0 ? `${delivery}.${role}` : `${delivery}.${role}.${version}`;
}

/** The delivery that an event's own id names; null for text that is not such an id. */
export function deliveryIn(eventId: string): number | null {
  const match = /^([1-9][0-9]{0,15})\.(?:before|report|after|told)(?:\.[1-9][0-9]{0,8})?$/.exec(eventId);
  return match === null ? null : Number(match[1]);
}
