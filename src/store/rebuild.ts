import { and, asc, count, getTableColumns, gt, ne, sql, type SQL } from "drizzle-orm";
import type { IncomingDelivery, Reading } from "../domain/delivery.ts";
import type { IssueFields } from "../domain/issue.ts";
import { snapshotFrom } from "./batch/kept-snapshot.ts";
import { unapplied, writeNumbered, type BatchResult } from "./batch/batch.ts";
import type { Numbered } from "./batch/numbered.ts";
import { sha256OfForgotten } from "./erase/forgotten.ts";
import { contentsOf } from "./queries/contents.ts";
import type { QueryContext } from "./queries/query.ts";
import { createRequestIds } from "./request-ids.ts";
import { factsOf, type DeliveryRow } from "./delivery-rows.ts";
import { issueOf, standInFor, type IssueRow } from "./issue-rows.ts";
import { createHistoryCache } from "./history-cache.ts";
import type { WriteTransaction } from "./write.ts";

export type RebuildOptions = {
  /** Reads a kept body, perhaps better than the version that received it did. */
  readonly read: (body: Uint8Array) => Reading;
  /** Counts deliveries. */
  readonly onProgress: (done: number, total: number) => void;
  /** Called if a fault of this program kept a delivery from being applied; it is kept as QUARANTINED. */
  readonly onFault: (error: unknown) => void;
  /** Called if contents of deliveries cannot be read: these are treated as if their bodies were pruned. */
  readonly onUnreadable?: (error: Error) => void;
};

/** Bodies can be large. */
const pageSize = 100;

/**
 * To be run before the issues are emptied: keeps what they show of deliveries whose bodies are gone. SQL of both
 * databases.
 */
export const setIssuesAside = "create table issues_aside as select * from issues";

/** To be run in turn once the issues are derived: restores the details that no body has any more. */
export const putDetailsBack = [
  `update issues set details = aside.details from issues_aside as aside
   where aside.shown = issues.shown and issues.details = '{}' and aside.details <> '{}'`,
  "drop table issues_aside",
] as const;

/**
 * Derives every history again from the deliveries, in the order in which they arrived, in a transaction that has set
 * the issues aside and emptied the log, the issues and the projects. Bodies are read anew; what intake fixed (the
 * times, the headers) stays. The facts of a delivery without a body come from its row; if nothing of what it showed can
 * be read, the issue's present fields are taken instead.
 *
 * @param write writes one page in a transaction whose `insertDeliveries` rewrites the existing deliveries.
 */
export async function deriveAgain(
  { db, tables }: Pick<QueryContext, "db" | "tables">,
  write: (derive: (transaction: WriteTransaction) => Promise<BatchResult>) => Promise<void>,
  { read, onProgress, onFault, onUnreadable }: RebuildOptions,
): Promise<void> {
  const { deliveries, issues } = tables;
  const held = contentsOf({ db, tables, onUnreadable });
  /** Substitutes for what deliveries about issues showed, if nothing of that can be read. */
  const standIns = new Map<number, IssueFields>();
  const historyCache = createHistoryCache();
  const requestIds = createRequestIds([]);
  const committedAt = ({ receivedAt }: IncomingDelivery) => receivedAt;
  // Rows that are no webhooks stay as they are.
  const isWebhook = ne(deliveries.sha256, sha256OfForgotten);
  const [counted] = await db.select({ total: count() }).from(deliveries).where(isWebhook);
  const total = counted?.total ?? 0;
  let done = 0;
  for (let last = 0; ;) {
    const page = await db
      .select()
      .from(deliveries)
      .where(and(isWebhook, gt(deliveries.id, last)))
      .orderBy(asc(deliveries.id))
      .limit(pageSize);
    if (page.length === 0) return;
    const bodies = await held.bodies(page.map(({ id }) => id));
    const pruned = new Map(page.filter(({ id }) => !bodies.has(id)).map((row) => [row.id, row]));
    const snapshots = await held.snapshots([...pruned.keys()]);
    await standIn([...pruned.values()].filter(({ id }) => !snapshots.has(id)));
    const batch = page.map((row): Numbered => {
      const body = bodies.get(row.id);
      const shows = snapshots.get(row.id) ?? standIns.get(row.id);
      const reading = body === undefined ? readingOf(row, shows) : read(body);
      return { id: row.id, delivery: incomingFrom(row, body ?? new Uint8Array(), reading) };
    });
    await write((transaction) =>
      writeNumbered(keepingFacts(keptBeside(transaction, standIns), pruned), batch, {
        historyCache,
        requestIds,
        read,
        committedAt,
        onFault,
      }),
    );
    last = page.at(-1)!.id;
    done += page.length;
    onProgress(done, total);
  }

  async function standIn(rows: readonly DeliveryRow[]): Promise<void> {
    const ids = rows.flatMap(({ issueId }) => issueId ?? []);
    if (ids.length === 0) return;
    const columns = Object.entries(getTableColumns(issues)).map(([name, column]) => [
      name,
      sql`${sql.identifier(column.name)}`.mapWith(column),
    ]);
    const aside = await db
      .select(Object.fromEntries(columns) as Record<string, SQL>)
      .from(sql`issues_aside`)
      .where(sql`sentry_id in ${ids}`);
    // Selected with the columns of the table.
    const shown = new Map(
      (aside as unknown as readonly IssueRow[]).map((row) => [row.sentryId, issueOf(row)]),
    );
    for (const row of rows) {
      const issue = row.issueId === null ? undefined : shown.get(row.issueId);
      if (issue !== undefined) standIns.set(row.id, standInFor(row, issue));
    }
  }
}

/** The transaction, with substitutes for fields of deliveries that cannot be read. They are read, and never written. */
function keptBeside(
  transaction: WriteTransaction,
  standIns: ReadonlyMap<number, IssueFields>,
): WriteTransaction {
  return {
    ...transaction,
    async kept(delivery) {
      const shows = standIns.get(delivery);
      return shows === undefined ? transaction.kept(delivery) : { body: null, fields: JSON.stringify(shows) };
    },
    insertDeliveries: (rows, contents) =>
      transaction.insertDeliveries(
        rows,
        contents.filter(({ delivery }) => !standIns.has(delivery)),
      ),
  };
}

/**
 * The transaction, except that a delivery about an issue without a body keeps its row's facts if it is not applied:
 * nothing else has them for the next `rebuild`.
 */
function keepingFacts(
  transaction: WriteTransaction,
  pruned: ReadonlyMap<number, DeliveryRow>,
): WriteTransaction {
  return {
    ...transaction,
    insertDeliveries(rows, contents) {
      const kept = new Map<number, DeliveryRow>();
      for (const { id, issueId, position } of rows) {
        const row = pruned.get(id);
        if (issueId !== null || row === undefined || row.issueId === null) continue;
        kept.set(id, { ...row, position, outcome: "QUARANTINED", reason: unapplied.reason, repeatOf: null });
      }
      return transaction.insertDeliveries(
        rows.map((row) => kept.get(row.id) ?? row),
        contents.filter(({ delivery }) => !kept.has(delivery)),
      );
    },
  };
}

/** The delivery as intake had it, with the given body and reading. */
function incomingFrom(row: DeliveryRow, body: Uint8Array, reading: Reading): IncomingDelivery {
  return {
    body,
    sha256: row.sha256.toString("hex"),
    receivedAt: row.receivedAt,
    sentAt: row.sentAt,
    resource: row.resource,
    action: row.action,
    requestId: row.requestId,
    idempotencyKey: row.idempotencyKey,
    installationId: row.installationId,
    reading,
  };
}

/** The reading of a delivery whose body is gone, from its row and from what it showed of its issue. */
function readingOf(row: DeliveryRow, shows: IssueFields | undefined): Reading {
  const { issueId } = row;
  if (issueId === null || shows === undefined) {
    const is = row.outcome === "QUARANTINED" ? "quarantined" : "ignored";
    return { is, reason: row.reason ?? "Its body was pruned." };
  }
  const {
    delivery: _id,
    sentAt: _at,
    idempotencyKey: _key,
    requestId: _request,
    sha256: _sha,
    ...facts
  } = factsOf(row);
  const snapshot = { sentryId: issueId, ...snapshotFrom(JSON.stringify(shows)) };
  return { is: "issue", issue: { ...facts, resolutionType: row.resolutionType, snapshot } };
}
