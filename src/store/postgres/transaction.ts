import { and, asc, desc, eq, gt, gte, inArray, isNull, lt, ne, sql } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import type { Facts } from "../../domain/delivery.ts";
import { contentsOf } from "../queries/contents.ts";
import { grouped, type QueryContext } from "../queries/query.ts";
import {
  factsColumns,
  factsOf,
  knownDeliveryOf,
  type ContentRow,
  type DeliveryRow,
} from "../delivery-rows.ts";
import type { EventRow } from "../event-rows.ts";
import { deliveries, events, issues } from "../tables/postgres.ts";
import {
  mostAlike,
  type IssueWrite,
  type MeasuredWrite,
  type ProjectMove,
  type ProjectWrite,
  type WriteTransaction,
} from "../write.ts";
import { sharedBy } from "./reader.ts";

/** What a batch writes. All but the moves goes out in one statement, in which it also learns its positions. */
export type Collected = {
  readonly deliveries: readonly DeliveryRow[];
  readonly contents: readonly ContentRow[];
  readonly events: readonly EventRow[];
  readonly superseded: readonly { readonly seq: number; readonly by: number }[];
  readonly measured: readonly MeasuredWrite[];
  readonly moves: readonly ProjectMove[];
  readonly issues: readonly IssueWrite[];
  readonly projects: readonly ProjectWrite[];
};

/**
 * Positions are known only at the very end of a transaction, with the log's lock. Until then the batch's own entries
 * count up from here, where no log ever comes.
 */
export const provisional = 2 ** 52;

const rowColumns = { issueId: deliveries.issueId, ...factsColumns(deliveries) };
const isApplied = ne(deliveries.outcome, "QUARANTINED");

/** As `WriteTransaction.facts`, but only of the deliveries after the one that is given for their issue. */
export async function factsAfter(
  db: NodePgDatabase,
  after: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, readonly Facts[]>> {
  if (after.size === 0) return new Map();
  const asked = sql`unnest(${sql.param([...after.keys()])}::text[], ${sql.param([...after.values()])}::bigint[])
    as asked(issue_id, after)`;
  const isAsked = and(eq(deliveries.issueId, sql`asked.issue_id`), gt(deliveries.id, sql`asked.after`));
  const rows = await db
    .select(rowColumns)
    .from(asked)
    .innerJoin(deliveries, isAsked)
    .where(isApplied)
    .orderBy(asc(deliveries.id));
  return factsByIssue(rows);
}

function factsByIssue(
  rows: readonly (Parameters<typeof factsOf>[0] & Pick<DeliveryRow, "issueId">)[],
): ReadonlyMap<string, readonly Facts[]> {
  // Found by this column, so it is not null.
  const byIssue = grouped(rows, ({ issueId }) => issueId!);
  return new Map([...byIssue].map(([issueId, rows]) => [issueId, rows.map(factsOf)]));
}

/**
 * A transaction in which the issues of a batch are locked. It reads at once, and collects what it is to write.
 * @param newest the newest position, if the transaction has the log's lock already.
 * @param onUnreadable called with contents of deliveries that cannot be read.
 */
export function collectingTransaction(
  db: NodePgDatabase,
  newest = provisional,
  onUnreadable?: QueryContext["onUnreadable"],
): WriteTransaction & { readonly collected: () => Collected } {
  const collected = {
    deliveries: [] as DeliveryRow[],
    contents: [] as ContentRow[],
    events: [] as EventRow[],
    superseded: [] as Collected["superseded"][number][],
    measured: [] as MeasuredWrite[],
    moves: [] as ProjectMove[],
    issues: [] as IssueWrite[],
    projects: [] as ProjectWrite[],
  };
  const knownColumns = { id: deliveries.id, requestId: deliveries.requestId, sha256: deliveries.sha256 };

  return {
    collected: () => collected,

    async newest() {
      // Ids of deliveries are taken from their sequence.
      return { delivery: 0, seq: newest };
    },
    async facts(issueIds, before) {
      if (issueIds.length === 0) return new Map();
      const rows = await db
        .select(rowColumns)
        .from(deliveries)
        .where(and(inArray(deliveries.issueId, [...issueIds]), lt(deliveries.id, before), isApplied))
        .orderBy(asc(deliveries.id));
      return factsByIssue(rows);
    },
    async knownIssues(issueIds) {
      if (issueIds.length === 0) return new Map();
      const { sentryId, lastSeq, projectId, projectSlug } = issues;
      const rows = await db
        .select({ sentryId, lastSeq, projectId, projectSlug })
        .from(issues)
        .where(inArray(issues.sentryId, [...issueIds]));
      return new Map(rows.map(({ sentryId, ...row }) => [sentryId, row]));
    },
    async knownBySha256(sha256s, before) {
      const bytes = sha256s.map((sha256) => Buffer.from(sha256, "hex"));
      const { id, sha256 } = deliveries;
      // Compared by bounds, in the order of the index on sha256. Otherwise PostgreSQL goes through all deliveries by id
      // if it takes a body for a frequent one, as it takes every body once one is frequent.
      const alike = (by: typeof asc, limit: number) =>
        db
          .select(knownColumns)
          .from(deliveries)
          .where(
            and(
              isNull(deliveries.issueId),
              gte(sha256, sql`asked.body`),
              sql`(${sha256}, ${id}) < (asked.body, ${before})`,
            ),
          )
          .orderBy(by(sha256), by(id))
          .limit(limit);
      const rows = await db
        .select({
          id: sql`found.id`.mapWith(id),
          requestId: sql<string | null>`found.request_id`,
          sha256: sql`found.sha256`.mapWith(sha256),
        })
        .from(
          sql`unnest(${sql.param(bytes)}::bytea[]) as asked(body),
            lateral (${alike(asc, 1)} union ${alike(desc, mostAlike)}) as found`,
        )
        .orderBy(sql`found.id`);
      return rows.map(knownDeliveryOf);
    },
    async placed(issueId, places) {
      return db
        .select({ seq: events.seq, place: events.place })
        .from(events)
        .where(
          and(
            eq(events.issueId, issueId),
            sql`${events.place} = any(${sql.param(places)})`,
            isNull(events.supersededBy),
          ),
        );
    },
    async eventsOf(ids) {
      return db
        .select({ delivery: events.delivery, role: events.role })
        .from(events)
        .where(sql`${events.delivery} = any(${sql.param(ids)})`);
    },
    kept: contentsOf({ ...sharedBy(db), onUnreadable }).kept,

    async insertDeliveries(rows, contents) {
      collected.deliveries.push(...rows);
      collected.contents.push(...contents);
    },
    async insertEvents(rows) {
      collected.events.push(...rows);
    },
    async supersede(pairs) {
      collected.superseded.push(...pairs);
    },
    async measure(writes) {
      collected.measured.push(...writes);
    },
    async moveEvents(moves) {
      collected.moves.push(...moves);
    },
    async writeIssues(writes) {
      collected.issues.push(...writes);
    },
    async writeProjects(writes) {
      collected.projects.push(...writes);
    },
  };
}
