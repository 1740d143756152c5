import { and, asc, count, gt, ne } from "drizzle-orm";
import type { IncomingDelivery, Reading } from "../domain/delivery.ts";
import { snapshotFrom, unapplied, writeNumbered, type BatchResult, type Numbered } from "./batch.ts";
import { sha256OfForgotten } from "./erase.ts";
import { contentsOf } from "./queries/contents.ts";
import type { Asked } from "./queries/query.ts";
import { createRequestIds } from "./request-ids.ts";
import { factsOf, type ContentRow, type DeliveryRow } from "./rows.ts";
import { createWalkCache } from "./walks.ts";
import type { WriteTransaction } from "./write.ts";

export type RebuildOptions = {
  /** Reads a kept body, perhaps better than the version that received it did. */
  readonly read: (body: Uint8Array) => Reading;
  /** In deliveries. */
  readonly onProgress: (done: number, total: number) => void;
  /** A delivery could not be applied through a fault of this program; it is kept as QUARANTINED. */
  readonly onFault: (error: unknown) => void;
};

/** Bodies can be large. */
const pageSize = 100;

/** Before the issues are emptied: what they show of deliveries whose bodies may be pruned. SQL of both databases. */
export const setDetailsAside =
  "create table details_aside as select shown, details from issues where details <> '{}'";

/** Once the issues are derived: gives back what no body tells any more. In turn. */
export const putDetailsBack = [
  `update issues set details = aside.details from details_aside as aside
   where aside.shown = issues.shown and issues.details = '{}'`,
  "drop table details_aside",
] as const;

/**
 * Derives every history again from the deliveries, in the order in which they arrived, in a transaction that has emptied
 * the log, the issues and the projects. Bodies are read anew; what intake fixed (the times, the headers) stays.
 *
 * @param write writes one page by a transaction whose `insertDeliveries` rewrites deliveries that are there.
 */
export async function deriveAgain(
  { db, tables }: Pick<Asked, "db" | "tables">,
  write: (derive: (transaction: WriteTransaction) => Promise<BatchResult>) => Promise<void>,
  { read, onProgress, onFault }: RebuildOptions,
): Promise<void> {
  const { deliveries } = tables;
  const held = contentsOf({ db, tables });
  const walks = createWalkCache();
  const requestIds = createRequestIds([]);
  const committedAt = ({ receivedAt }: IncomingDelivery) => receivedAt;
  // What tells that an issue was forgotten stays as it is.
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
    const ids = page.map(({ id }) => id);
    const [bodies, fields] = [await held.bodies(ids), await held.fields(ids)];
    const batch = page.map((row): Numbered => {
      const content = { body: bodies.get(row.id) ?? null, fields: fields.get(row.id) ?? null };
      return { id: row.id, delivery: incomingFrom(row, content, read) };
    });
    const pruned = new Map(page.filter(({ id }) => !bodies.has(id)).map((row) => [row.id, row]));
    await write((transaction) =>
      writeNumbered(keepingFacts(transaction, pruned), batch, {
        walks,
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
}

/**
 * As the transaction, but for a delivery about an issue that is not applied and whose body is pruned: nothing but its row
 * tells its facts, so it keeps them, for the next `rebuild`.
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

/** The delivery as intake had it; from its body read anew, or from its row where the body was pruned. */
function incomingFrom(
  row: DeliveryRow,
  { body, fields }: Pick<ContentRow, "body" | "fields">,
  read: RebuildOptions["read"],
): IncomingDelivery {
  return {
    body: body ?? new Uint8Array(),
    sha256: row.sha256.toString("hex"),
    receivedAt: row.receivedAt,
    sentAt: row.sentAt,
    resource: row.resource,
    action: row.action,
    requestId: row.requestId,
    idempotencyKey: row.idempotencyKey,
    installationId: row.installationId,
    reading: body === null ? readingOf(row, fields) : read(body),
  };
}

function readingOf(row: DeliveryRow, fields: string | null): Reading {
  const { issueId } = row;
  if (issueId === null || fields === null) {
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
  const snapshot = { sentryId: issueId, ...snapshotFrom(fields) };
  return { is: "issue", issue: { ...facts, resolutionType: row.resolutionType, snapshot } };
}
