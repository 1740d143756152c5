import { asc, eq, getTableColumns, gt, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { LogEntry } from "../../domain/event.ts";
import type { Issue, IssueFields } from "../../domain/issue.ts";
import { metaNames } from "../meta.ts";
import type { Reader } from "../reader.ts";
import { eventOf, type EventRow } from "../rows.ts";
import type { Asked } from "./query.ts";

type LogQueries = Pick<Reader, "bounds" | "entriesAfter">;

export function logQueries({ db, tables, newestPosition }: Asked): LogQueries {
  const { events, deliveries, meta } = tables;
  const previous = alias(events, "previous");
  const shown = alias(deliveries, "shown");
  const shownBefore = alias(deliveries, "shown_before");
  // Read after every commit, so it is prepared once.
  const entries = db
    .select({
      event: getTableColumns(events),
      delivery: { receivedAt: deliveries.receivedAt, resolutionType: deliveries.resolutionType },
      fields: shown.fields,
      previous: {
        afterStatus: previous.afterStatus,
        afterSubstatus: previous.afterSubstatus,
        afterSince: previous.afterSince,
        afterShown: previous.afterShown,
      },
      fieldsBefore: shownBefore.fields,
    })
    .from(events)
    .innerJoin(deliveries, eq(deliveries.id, events.delivery))
    .innerJoin(shown, eq(shown.id, events.afterShown))
    .leftJoin(previous, eq(previous.seq, events.previous))
    .leftJoin(shownBefore, eq(shownBefore.id, previous.afterShown))
    .where(gt(events.seq, sql.placeholder("after")))
    .orderBy(asc(events.seq))
    .limit(sql.placeholder("limit"))
    .prepare();

  return {
    async bounds() {
      // The position first: read the other way round, an entry could commit in between and be taken for unknown.
      const newest = await newestPosition();
      const rows = await db.select().from(meta);
      const named = new Map(rows.map(({ name, value }) => [name, value]));
      return { epoch: named.get(metaNames.epoch)!, newest, oldest: Number(named.get(metaNames.oldest)) };
    },

    async entriesAfter(after, limit) {
      const rows = await entries.execute({ after, limit });
      // What one delivery shows is shown by several entries, as what is after one and before the next.
      const read = new Map<number, IssueFields>();
      const fieldsOf = (delivery: number, fields: string): IssueFields => {
        const known = read.get(delivery);
        if (known !== undefined) return known;
        const parsed = JSON.parse(fields) as IssueFields;
        read.set(delivery, parsed);
        return parsed;
      };
      const issueAfter = (sentryId: string, row: After, fields: string): Issue => ({
        sentryId,
        state: { status: row.afterStatus, substatus: row.afterSubstatus },
        statusSince: row.afterSince,
        shown: row.afterShown,
        fields: fieldsOf(row.afterShown, fields),
      });
      return rows.map(({ event, delivery, fields, previous: before, fieldsBefore }): LogEntry => {
        return {
          event: eventOf(event, delivery),
          before: before === null ? null : issueAfter(event.issueId, before, fieldsBefore!),
          after: issueAfter(event.issueId, event, fields!),
        };
      });
    },
  };
}

/** The issue as it was once an entry had been applied. */
type After = Pick<EventRow, "afterStatus" | "afterSubstatus" | "afterSince" | "afterShown">;
