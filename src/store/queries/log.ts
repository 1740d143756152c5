import { asc, eq, getTableColumns, gt, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { forgottenRole, type LogEntry } from "../../domain/event.ts";
import type { Issue, IssueFields } from "../../domain/issue.ts";
import { forgottenFields } from "../erase/forgotten.ts";
import { metaNames } from "../meta.ts";
import type { Reader } from "../reader.ts";
import { eventOf, type EventRow } from "../event-rows.ts";
import { contentsOf } from "./contents.ts";
import type { QueryContext } from "./query.ts";

type LogQueries = Pick<Reader, "bounds" | "entriesAfter">;

export function logQueries({ db, tables, newestPosition, onUnreadable }: QueryContext): LogQueries {
  const { events, deliveries, meta } = tables;
  const previous = alias(events, "previous");
  const contents = contentsOf({ db, tables, onUnreadable });
  // Both are read after every commit, so they are prepared once.
  const kept = db.select().from(meta).prepare();
  const entries = db
    // One list of columns: with an object for each table, Drizzle takes longer to read the rows than the database to
    // find them.
    .select({
      ...getTableColumns(events),
      receivedAt: deliveries.receivedAt,
      resolutionType: deliveries.resolutionType,
      beforeStatus: previous.afterStatus,
      beforeSubstatus: previous.afterSubstatus,
      beforeSince: previous.afterSince,
      beforeShown: previous.afterShown,
      beforeNamed: previous.afterNamed,
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
      // The position first: read last, it could be of a newer epoch than the one returned.
      const newest = await newestPosition();
      const rows = await kept.execute();
      const named = new Map(rows.map(({ name, value }) => [name, value]));
      return { epoch: named.get(metaNames.epoch)!, newest, oldest: Number(named.get(metaNames.oldest)) };
    },

    async entriesAfter(after, limit) {
      const rows = (await entries.execute({ after, limit })).map((row) => ({ row, before: beforeIn(row) }));
      // Several entries show the same delivery, as what is after one and before the next.
      const shown = new Set(
        rows.flatMap(({ row, before }) => [...shownIn(row), ...(before === null ? [] : shownIn(before))]),
      );
      const fields = await contents.shown([...shown]);
      const issueAfter = (sentryId: string, row: After, shownFields: IssueFields): Issue => {
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
      return rows.flatMap(({ row, before: previous }): readonly LogEntry[] => {
        const shows =
          fields.get(row.afterShown) ??
          (row.role === forgottenRole ? forgottenFields(row.projectId) : undefined);
        // The issue was erased after its entries were read: a later entry, or `oldest`, tells so.
        if (shows === undefined) return [];
        const after = issueAfter(row.issueId, row, shows);
        const before =
          previous && issueAfter(row.issueId, previous, fields.get(previous.afterShown) ?? shows);
        return [{ event: eventOf(row, row), before, after }];
      });
    },
  };
}

/** The issue as it was after an entry. */
type After = Pick<EventRow, "afterStatus" | "afterSubstatus" | "afterSince" | "afterShown" | "afterNamed">;

/** The issue as the entry before left it; null if there is none. */
function beforeIn(row: {
  readonly beforeStatus: string | null;
  readonly beforeSubstatus: string | null;
  readonly beforeSince: number | null;
  readonly beforeShown: number | null;
  readonly beforeNamed: number | null;
}): After | null {
  const { beforeStatus, beforeSince, beforeShown } = row;
  if (beforeStatus === null || beforeSince === null || beforeShown === null) return null;
  return {
    afterStatus: beforeStatus,
    afterSubstatus: row.beforeSubstatus,
    afterSince: beforeSince,
    afterShown: beforeShown,
    afterNamed: row.beforeNamed,
  };
}

/** The deliveries whose snapshots it shows. */
function shownIn({ afterShown, afterNamed }: After): readonly number[] {
  return afterNamed === null ? [afterShown] : [afterShown, afterNamed];
}
