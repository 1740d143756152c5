import { and, asc, desc, eq, getTableColumns, getTableName, isNull, lt, lte, ne, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Facts } from "../../domain/delivery.ts";
import { contentsOf, rewriteFields } from "../queries/contents.ts";
import type { QueryContext } from "../queries/query.ts";
import { factsColumns, factsOf, knownDeliveryOf } from "../delivery-rows.ts";
import * as tables from "../tables/sqlite.ts";
import { mostAlike, type IssueKnown, type WriteTransaction } from "../write.ts";
import type { Connection } from "./connection.ts";
import { issueWrites } from "./issue-writes.ts";
import { pick, placeholdersOf, prepareGet, prepareRun } from "./prepared.ts";

const { contents, deliveries, events, issues, projects } = tables;

type SqliteTransaction = WriteTransaction & {
  /** As `insertDeliveries`, for existing deliveries: writes everything but their bodies and the sizes of these. */
  readonly rewriteDeliveries: WriteTransaction["insertDeliveries"];
};

/**
 * Prepares the statements of a write transaction on this connection.
 *
 * SQLite has one writer at a time, so ids and positions count up from the newest, and commit in that order.
 * @param onUnreadable called with contents of deliveries that cannot be read.
 */
export function prepareTransaction(
  { client, db }: Connection,
  onUnreadable?: QueryContext["onUnreadable"],
): SqliteTransaction {
  const factsOfIssue = db
    .select(factsColumns(deliveries))
    .from(deliveries)
    .where(
      and(
        eq(deliveries.issueId, sql.placeholder("issueId")),
        lt(deliveries.id, sql.placeholder("before")),
        ne(deliveries.outcome, "QUARANTINED"),
      ),
    )
    .orderBy(asc(deliveries.id))
    .prepare();
  // One at a time: for a list, SQLite goes through every delivery that is not about an issue.
  const alike = (by: typeof asc, limit: number) =>
    db
      .select({ id: deliveries.id, requestId: deliveries.requestId, sha256: deliveries.sha256 })
      .from(deliveries)
      .where(
        and(
          isNull(deliveries.issueId),
          eq(deliveries.sha256, sql.placeholder("sha256")),
          lt(deliveries.id, sql.placeholder("before")),
        ),
      )
      .orderBy(by(deliveries.id))
      .limit(limit)
      .prepare();
  const [oldestAlike, newestAlike] = [alike(asc, 1), alike(desc, mostAlike)];
  const knownIssue = prepareGet<{
    readonly last_seq: number;
    readonly project_id: string | null;
    readonly project_slug: string | null;
  }>(
    client,
    db
      .select({ lastSeq: issues.lastSeq, projectId: issues.projectId, projectSlug: issues.projectSlug })
      .from(issues)
      .where(eq(issues.sentryId, sql.placeholder("sentryId"))),
  );
  // The newest value ever handed out may be that of a deleted row.
  const handedOut = (table: SQLiteTable) =>
    sql`(select seq from sqlite_sequence where name = ${sql.raw(`'${getTableName(table)}'`)})`;
  const newest = prepareGet<{ readonly delivery: number; readonly seq: number }>(
    client,
    db
      .select({
        delivery:
          sql`max(ifnull((select max(id) from ${deliveries}), 0), ifnull(${handedOut(deliveries)}, 0))`.as(
            "delivery",
          ),
        seq: sql`max(ifnull((select max(seq) from ${events}), 0), ifnull(${handedOut(events)}, 0))`.as("seq"),
      })
      .from(sql`(select 1)`),
  );
  const placed = db
    .select({ seq: events.seq, place: events.place })
    .from(events)
    .where(
      and(
        eq(events.issueId, sql.placeholder("issueId")),
        eq(events.place, sql.placeholder("place")),
        isNull(events.supersededBy),
      ),
    )
    .prepare();
  const eventsOf = db
    .select({ delivery: events.delivery, role: events.role })
    .from(events)
    .where(eq(events.delivery, sql.placeholder("delivery")))
    .prepare();
  const insertDelivery = prepareRun(client, db.insert(deliveries).values(placeholdersOf(deliveries)));
  const insertContent = prepareRun(client, db.insert(contents).values(placeholdersOf(contents)));
  // Once a body is pruned, its size is no longer known.
  const { bytes: _counted, ...rewritten } = placeholdersOf(deliveries);
  const rewriteDelivery = prepareRun(
    client,
    db
      .update(deliveries)
      .set(rewritten)
      .where(eq(deliveries.id, sql.placeholder("id"))),
  );
  const insertEvent = prepareRun(client, db.insert(events).values(placeholdersOf(events)));
  const markSuperseded = prepareRun(
    client,
    db
      .update(events)
      .set({ supersededBy: sql`${sql.placeholder("by")}` })
      .where(eq(events.seq, sql.placeholder("seq"))),
  );
  const writeMeasures = prepareRun(
    client,
    db
      .update(events)
      .set(pick(placeholdersOf(events), ["stayMs", "resolvedAfter", "triagedAfterMs", "isUndone"]))
      .where(
        and(
          eq(events.issueId, sql.placeholder("issueId")),
          eq(events.place, sql.placeholder("place")),
          isNull(events.supersededBy),
        ),
      ),
  );
  const moveEvents = prepareRun(
    client,
    db
      .update(events)
      .set(pick(placeholdersOf(events), ["projectId", "projectSlug"]))
      .where(and(eq(events.issueId, sql.placeholder("issueId")), isNull(events.supersededBy))),
  );
  const writeIssue = issueWrites({ client, db });
  const writeProject = prepareRun(
    client,
    db
      .insert(projects)
      .values(placeholdersOf(projects))
      .onConflictDoUpdate({
        target: projects.sentryId,
        set: excludedOf(projects),
        setWhere: lte(projects.shownAt, sql`excluded.shown_at`),
      }),
  );

  return {
    async newest() {
      return newest({})!;
    },
    async facts(issueIds, before) {
      const found = new Map<string, readonly Facts[]>();
      for (const issueId of issueIds) {
        const rows = factsOfIssue.all({ issueId, before });
        if (rows.length > 0) found.set(issueId, rows.map(factsOf));
      }
      return found;
    },
    async knownIssues(issueIds) {
      const found = new Map<string, IssueKnown>();
      for (const sentryId of issueIds) {
        const row = knownIssue({ sentryId });
        if (row === undefined) continue;
        const { last_seq: lastSeq, project_id: projectId, project_slug: projectSlug } = row;
        found.set(sentryId, { lastSeq, projectId, projectSlug });
      }
      return found;
    },
    async knownBySha256(sha256s, before) {
      return sha256s.flatMap((sha256) => {
        const values = { sha256: Buffer.from(sha256, "hex"), before };
        const newest = newestAlike.all(values).reverse();
        const others = newest.length < mostAlike ? [] : oldestAlike.all({ ...values, before: newest[0]!.id });
        return [...others, ...newest].map(knownDeliveryOf);
      });
    },
    async placed(issueId, places) {
      return places.flatMap((place) => placed.all({ issueId, place }));
    },
    async eventsOf(deliveries) {
      return deliveries.flatMap((delivery) => eventsOf.all({ delivery }));
    },
    kept: contentsOf({ db, tables, onUnreadable }).kept,

    async insertDeliveries(rows, contents) {
      for (const row of rows) insertDelivery(row);
      for (const row of contents) insertContent(row);
    },
    async rewriteDeliveries(rows, contents) {
      for (const row of rows) rewriteDelivery(row);
      await rewriteFields({ db, tables }, contents);
    },
    async insertEvents(rows) {
      for (const row of rows) insertEvent(row);
    },
    async supersede(pairs) {
      for (const pair of pairs) markSuperseded(pair);
    },
    async measure(writes) {
      for (const write of writes) writeMeasures(write);
    },
    async moveEvents(moves) {
      for (const move of moves) moveEvents(move);
    },
    async writeIssues(writes) {
      for (const write of writes) writeIssue(write);
    },
    async writeProjects(writes) {
      for (const write of writes) writeProject(write);
    },
  };
}

/** Sets every column of the table to what the conflicting insert would have written. */
function excludedOf(table: SQLiteTable) {
  return Object.fromEntries(
    Object.entries(getTableColumns(table)).map(([name, column]) => [
      name,
      sql`excluded.${sql.identifier(column.name)}`,
    ]),
  );
}
