import { and, asc, eq, getTableColumns, gt, lt, max, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { LogEntry } from "../../domain/event.ts";
import { metaNames } from "../meta.ts";
import type { Reader } from "../reader.ts";
import { eventOf, issueOf, type EventRow } from "../rows.ts";
import type { Asked } from "./query.ts";

type LogQueries = Pick<Reader, "bounds" | "entriesAfter">;

export function logQueries({ db, tables, newestPosition }: Asked): LogQueries {
  const { events, deliveries, meta } = tables;
  return {
    async bounds() {
      // The position first: read the other way round, an entry could commit in between and be taken for unknown.
      const newest = await newestPosition();
      const rows = await db.select().from(meta);
      const named = new Map(rows.map(({ name, value }) => [name, value]));
      return { epoch: named.get(metaNames.epoch)!, newest, oldest: Number(named.get(metaNames.oldest)) };
    },

    async entriesAfter(after, limit) {
      const previous = alias(events, "previous");
      const shown = alias(deliveries, "shown");
      const shownBefore = alias(deliveries, "shown_before");
      const rows = await db
        .select({
          event: getTableColumns(events),
          delivery: { receivedAt: deliveries.receivedAt, resolutionType: deliveries.resolutionType },
          fields: shown.fields,
          previous: getTableColumns(previous),
          fieldsBefore: shownBefore.fields,
        })
        .from(events)
        .innerJoin(deliveries, eq(deliveries.id, events.delivery))
        .innerJoin(shown, eq(shown.id, events.afterShown))
        .leftJoin(
          previous,
          eq(
            previous.seq,
            sql`(${db
              .select({ seq: max(sql`p.seq`) })
              .from(sql`events p`)
              .where(and(eq(sql`p.issue_id`, events.issueId), lt(sql`p.seq`, events.seq)))})`,
          ),
        )
        .leftJoin(shownBefore, eq(shownBefore.id, previous.afterShown))
        .where(gt(events.seq, after))
        .orderBy(asc(events.seq))
        .limit(limit);
      return rows.map(({ event, delivery, fields, previous, fieldsBefore }): LogEntry => {
        return {
          event: eventOf(event, delivery),
          before: previous === null ? null : issueAfter(previous, fieldsBefore!),
          after: issueAfter(event, fields!),
        };
      });
    },
  };
}

/** The issue as it was once this entry had been applied. */
function issueAfter(row: EventRow, fields: string) {
  const state = { status: row.afterStatus, substatus: row.afterSubstatus };
  return issueOf(row.issueId, state, row.afterSince, row.afterShown, fields);
}
