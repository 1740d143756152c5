import { asc, eq, getTableColumns, gt, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { LogEntry } from "../../domain/event.ts";
import type { Issue, IssueFields } from "../../domain/issue.ts";
import { metaNames } from "../meta.ts";
import type { Reader } from "../reader.ts";
import { eventOf, type EventRow } from "../rows.ts";
import { contentsOf } from "./contents.ts";
import type { Asked } from "./query.ts";

type LogQueries = Pick<Reader, "bounds" | "entriesAfter">;

export function logQueries({ db, tables, newestPosition }: Asked): LogQueries {
  const { events, deliveries, meta } = tables;
  const previous = alias(events, "previous");
  const contents = contentsOf({ db, tables });
  // Read after every commit, so it is prepared once.
  const entries = db
    .select({
      event: getTableColumns(events),
      delivery: { receivedAt: deliveries.receivedAt, resolutionType: deliveries.resolutionType },
      previous: {
        afterStatus: previous.afterStatus,
        afterSubstatus: previous.afterSubstatus,
        afterSince: previous.afterSince,
        afterShown: previous.afterShown,
        afterNamed: previous.afterNamed,
      },
    })
    .from(events)
    .innerJoin(deliveries, eq(deliveries.id, events.delivery))
    .leftJoin(previous, eq(previous.seq, events.previous))
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
      const shown = new Set(
        rows.flatMap(({ event, previous: before }) => [
          ...shownIn(event),
          ...(before === null ? [] : shownIn(before)),
        ]),
      );
      const read = await contents.fields([...shown]);
      const fields = new Map(
        [...read].map(([delivery, text]) => [delivery, JSON.parse(text) as IssueFields]),
      );
      const issueAfter = (sentryId: string, row: After): Issue | undefined => {
        const shownFields = fields.get(row.afterShown);
        if (shownFields === undefined) return undefined;
        const { afterStatus: status, afterSubstatus: substatus, afterNamed: named } = row;
        const project = named === null ? shownFields.project : (fields.get(named)?.project ?? null);
        return {
          sentryId,
          state: { status, substatus },
          statusSince: row.afterSince,
          shown: row.afterShown,
          fields: project === shownFields.project ? shownFields : { ...shownFields, project },
        };
      };
      return rows.flatMap(({ event, delivery, previous }): readonly LogEntry[] => {
        const before = previous === null ? null : issueAfter(event.issueId, previous);
        const after = issueAfter(event.issueId, event);
        // What is shown has fields, or the issue was erased after its entries were read.
        if (before === undefined || after === undefined) return [];
        return [{ event: eventOf(event, delivery), before, after }];
      });
    },
  };
}

/** The issue as it was once an entry had been applied. */
type After = Pick<EventRow, "afterStatus" | "afterSubstatus" | "afterSince" | "afterShown" | "afterNamed">;

/** The deliveries whose snapshots it shows. */
function shownIn({ afterShown, afterNamed }: After): readonly number[] {
  return afterNamed === null ? [afterShown] : [afterShown, afterNamed];
}
