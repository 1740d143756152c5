import { asc, count, eq, gt, max } from "drizzle-orm";
import type { IncomingDelivery, Reading } from "../../domain/delivery.ts";
import { snapshotFrom, writeNumbered, type Numbered } from "../batch.ts";
import { metaNames, newName } from "../meta.ts";
import { contentsOf } from "../queries/contents.ts";
import { factsOf, type ContentRow, type DeliveryRow } from "../rows.ts";
import * as tables from "../tables/sqlite.ts";
import { createRequestIds } from "../request-ids.ts";
import { createWalkCache } from "../walks.ts";
import { openWriter } from "./connection.ts";
import { instanceFileOf, writeInstance } from "./instance.ts";
import { lockStore } from "./lock.ts";
import { newestPosition } from "./queries.ts";
import { prepareTransaction } from "./transaction.ts";

const { deliveries, events, issues, meta, projects } = tables;

export type RebuildOptions = {
  readonly file: string;
  readonly read: (body: Uint8Array) => Reading;
  readonly onProgress: (done: number, total: number) => void;
  readonly onFault: (error: unknown) => void;
};

/** Bodies can be large. */
const pageSize = 100;

/**
 * Derives every history again from the deliveries, in the order in which they arrived, under a new epoch.
 *
 * Bodies are read anew, so that what an older version did not understand counts now; what intake fixed (the times, the
 * headers) stays. It is one transaction: until its end the store is as it was, whatever happens. Histories, and the ids of
 * nodes, are the same afterwards; cursors of before are refused with EPOCH_CHANGED.
 * @throws StoreInUseError while a gateway has the store.
 */
export async function rebuildSqlite({ file, read, onProgress, onFault }: RebuildOptions): Promise<void> {
  using _lock = lockStore(file);
  const { client, db } = openWriter(file);
  try {
    client.exec("begin immediate");
    const total = db.select({ total: count() }).from(deliveries).get()?.total ?? 0;
    const newest =
      db
        .select({ seq: max(events.seq) })
        .from(events)
        .get()?.seq ?? 0;
    for (const table of [events, issues, projects]) db.delete(table).run();
    const inserting = prepareTransaction({ client, db });
    const transaction = { ...inserting, insertDeliveries: inserting.rewriteDeliveries };
    const held = contentsOf({ db, tables });
    const walks = createWalkCache(1_000_000);
    const requestIds = createRequestIds([]);
    const committedAt = ({ receivedAt }: IncomingDelivery) => receivedAt;

    let done = 0;
    let last = 0;
    for (;;) {
      const rows = db.select().from(deliveries).where(gt(deliveries.id, last)).orderBy(asc(deliveries.id));
      const page = rows.limit(pageSize).all();
      if (page.length === 0) break;
      const ids = page.map(({ id }) => id);
      const [bodies, fields] = [await held.bodies(ids), await held.fields(ids)];
      const batch = page.map((row): Numbered => {
        const content = { body: bodies.get(row.id) ?? null, fields: fields.get(row.id) ?? null };
        return { id: row.id, delivery: incomingFrom(row, content, read) };
      });
      await writeNumbered(transaction, batch, { walks, requestIds, read, committedAt, onFault });
      last = page.at(-1)!.id;
      done += page.length;
      onProgress(done, total);
    }

    const set = (name: string, value: string) =>
      db.update(meta).set({ value }).where(eq(meta.name, name)).run();
    const epoch = newName();
    set(metaNames.epoch, epoch);
    // Positions count on from the old log's, and nobody can resume before the new one begins.
    set(metaNames.oldest, String(newest));
    client.exec("commit");
    // Or the next start would take it for a file that was put back, and begin one more epoch.
    const [row] = db.select().from(meta).where(eq(meta.name, metaNames.instance)).all();
    const position = newestPosition({ client, db });
    await writeInstance(instanceFileOf(file), { instance: row!.value, epoch, newest: position });
  } finally {
    // Rolls back what was not committed.
    client.close();
  }
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
