import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import type pg from "pg";
import type { IncomingDelivery, Reading } from "../../domain/delivery.ts";
import { StorageUnavailableError } from "../../domain/failure.ts";
import { writeAroundFaults } from "../around-faults.ts";
import { writeNumbered, type BatchResult } from "../batch/batch.ts";
import type { Numbered } from "../batch/numbered.ts";
import { catchUp, type CachedHistory } from "../cached-history.ts";
import { metaNames } from "../meta.ts";
import type { RequestIds } from "../request-ids.ts";
import type { Receipt } from "../store.ts";
import { createHistoryCache } from "../history-cache.ts";
import type { WriteTransaction } from "../write.ts";
import { drizzleOver } from "./drizzle-over.ts";
import type { EpochWatch } from "./epoch.ts";
import { failureWithin, isOfValues } from "./error.ts";
import { inOrder, type Locks } from "./locks.ts";
import { partsOf } from "./parts.ts";
import { giveBack, goneLimits } from "./pools.ts";
import { collectingTransaction, factsAfter, provisional } from "./transaction.ts";
import { moveStatement, moveValuesOf, valuesOf, writeStatement, type LogAsked } from "./write-statement.ts";

type BatchWriterOptions = {
  readonly pool: pg.Pool;
  readonly locks: Locks;
  readonly requestIds: RequestIds;
  readonly channel: string;
  readonly epoch: Pick<EpochWatch, "known" | "reached">;
  readonly read: (body: Uint8Array) => Reading;
  readonly onFault: (error: unknown) => void;
  /** Called with contents of deliveries that cannot be read; they count as gone. */
  readonly onUnreadable: (error: Error) => void;
  /** Called for each transaction that is on disk, before `write` resolves, and also if it then rejects. */
  readonly committed: (written: BatchResult, milliseconds: number) => void;
};

/** Writes batches. To be called for one at a time. */
type BatchWriter = {
  /**
   * Resolves once the batch is on disk, in one transaction or several. An empty batch writes as well, and changes
   * nothing.
   * @throws the database's error, or a StorageUnavailableError, if not all was written, or that cannot be known.
   */
  readonly write: (batch: readonly IncomingDelivery[], committedAt: number) => Promise<readonly Receipt[]>;
};

/** Writes as much as a few deliveries do, to the same table: a disk that is full for them may have room for one row. */
const probe = `insert into contents (delivery, fields) select -n, repeat('x', 1900) from generate_series(1, 32) as n;
  delete from contents where delivery < 0`;

/**
 * The writer of one replica. Each transaction
 *
 * - locks the issues of its batch, so that only one replica at a time derives an issue's history;
 * - reads what may have changed of their histories since this replica last held them;
 * - derives;
 * - takes the log's lock and writes, both in one statement.
 *
 * An error at COMMIT leaves open whether it was committed: the sender is told 503, and what it sends again is a repeat.
 */
export function createBatchWriter({
  pool,
  locks,
  requestIds,
  channel,
  epoch,
  read,
  onFault,
  onUnreadable,
  committed,
}: BatchWriterOptions): BatchWriter {
  const historyCache = createHistoryCache();
  const knownTo = new WeakMap<CachedHistory, KnownTo>();

  async function write(batch: readonly IncomingDelivery[], committedAt: number): Promise<readonly Receipt[]> {
    const startedAt = performance.now();
    const issueIds = issuesOf(batch);
    const client = await pool.connect();
    let written: BatchResult;
    try {
      written = await writeWith(client, batch, issueIds, committedAt);
      client.release();
    } catch (error) {
      await giveBack(client, error);
      throw error;
    }
    committed(written, performance.now() - startedAt);
    return written.receipts;
  }

  async function writeWith(
    client: pg.ClientBase,
    batch: readonly IncomingDelivery[],
    issueIds: readonly string[],
    committedAt: number,
  ): Promise<BatchResult> {
    const [, , , taken, newest] = await Promise.all([
      client.query(beginSoon),
      client.query("select pg_advisory_xact_lock_shared($1)", [locks.writing]),
      client.query("select take_locks($1)", [keysOf(batch)]),
      // After the locks: of two deliveries of one issue, the one that is committed later has the greater id.
      client.query<{ id: number }>("select nextval('delivery_ids') as id from generate_series(1, $1)", [
        batch.length,
      ]),
      client.query<Newest>(
        `select id, (select max(deliveries.id) from deliveries where issue_id = wanted.id) as delivery,
           (select last_seq from issues where sentry_id = wanted.id) as seq,
           (select value from meta where name = '${metaNames.epoch}') as epoch,
           exists (select 1 from deliveries where deliveries.id = known and issue_id = wanted.id) as "isKept"
         from unnest($1::text[], $2::bigint[]) as wanted(id, known)`,
        [issueIds, issueIds.map((id) => knownOf(id)?.delivery ?? null)],
      ),
    ]);

    const db = drizzleOver(client);
    const transaction = collectingTransaction(db, provisional, onUnreadable);
    await catchUpWith(newest.rows, transaction, db);
    try {
      return await writeLocked(client, transaction, batch, committedAt, taken.rows, newest.rows);
    } catch (error) {
      // The histories in memory are ahead of what is on disk. Up to here, while locks were waited for, they were not.
      historyCache.forget(issueIds);
      throw error;
    }
  }

  /** The rest of `writeWith`, once the locks are held and the histories in memory are what the store holds. */
  async function writeLocked(
    client: pg.ClientBase,
    transaction: ReturnType<typeof collectingTransaction>,
    batch: readonly IncomingDelivery[],
    committedAt: number,
    taken: readonly { readonly id: number }[],
    newest: readonly Newest[],
  ): Promise<BatchResult> {
    const numbered = batch.map((delivery, index): Numbered => ({ id: taken[index]!.id, delivery }));
    const written = await writeNumbered(transaction, numbered, {
      historyCache,
      requestIds,
      read,
      committedAt: () => committedAt,
      onFault,
    }).catch((error: unknown) => {
      throw failureWithin(error) ?? new FaultError("A batch could not be derived.", { cause: error });
    });

    const known = epoch.known();
    const log: LogAsked = {
      lock: locks.log,
      knownEpoch: known.epoch,
      knownPosition: known.position,
      channel,
    };
    // Pipelined, so that the log's lock is not held for another round trip.
    const { moves } = transaction.collected();
    const [logged, , , ended] = await Promise.all([
      client.query<{ newest: number }>(writeStatement, valuesOf(log, transaction.collected())),
      batch.length === 0 ? client.query(probe) : null,
      // Seldom, and separate: the statement before it cannot change a row that it inserts, nor one row twice.
      moves.length === 0 ? null : client.query(moveStatement, moveValuesOf(moves)),
      client.query("commit"),
    ]);
    if (ended.command !== "COMMIT") throw new StorageUnavailableError("The transaction was rolled back.");
    if (batch.length === 0) return written;

    const newestBefore = logged.rows[0]!.newest;
    const placed = (position: number) =>
      position >= provisional ? position - provisional + newestBefore : position;
    for (const { id, delivery } of numbered) {
      if (delivery.reading.is !== "issue") continue;
      const held = historyCache.get(delivery.reading.issue.snapshot.sentryId);
      if (held === undefined) continue;
      // The epoch is the same for every issue of the batch, and there is at least this one.
      knownTo.set(held, { delivery: id, epoch: newest[0]!.epoch });
      if (held.lastSeq !== null) held.lastSeq = placed(held.lastSeq);
    }
    epoch.reached(newestBefore + written.entries);
    return {
      entries: written.entries,
      receipts: written.receipts.map((receipt): Receipt => ({
        ...receipt,
        position: placed(receipt.position),
      })),
    };
  }

  function knownOf(issueId: string): KnownTo | undefined {
    const held = historyCache.get(issueId);
    return held && knownTo.get(held);
  }

  /**
   * Makes these issues' histories in memory equal to the store's. One that lacks only the newest deliveries reads
   * those, any other that differs is dropped.
   */
  async function catchUpWith(
    newest: readonly Newest[],
    transaction: Pick<WriteTransaction, "knownIssues">,
    db: NodePgDatabase,
  ): Promise<void> {
    const behind = new Map<string, number>();
    for (const { id, delivery, seq, epoch, isKept } of newest) {
      const known = knownOf(id);
      // In another epoch `rebuild` may have read deliveries in another way; of an erased issue the known delivery is
      // gone.
      if (known?.epoch !== epoch || !isKept) historyCache.forget([id]);
      else if (known.delivery !== delivery) behind.set(id, known.delivery);
      else if (historyCache.get(id)?.lastSeq !== seq) historyCache.forget([id]);
    }
    if (behind.size === 0) return;
    const [issues, facts] = await Promise.all([
      transaction.knownIssues([...behind.keys()]),
      factsAfter(db, behind),
    ]);
    for (const id of behind.keys()) {
      const [held, issue] = [historyCache.get(id), issues.get(id)];
      if (held === undefined) continue;
      try {
        catchUp(held, facts.get(id) ?? []);
        const { lastSeq, ...project } = issue!;
        Object.assign(held, { lastSeq, project });
      } catch {
        // Whatever the reason, it is derived anew from all of its deliveries.
        historyCache.forget([id]);
      }
    }
  }

  function keysOf(batch: readonly IncomingDelivery[]): readonly bigint[] {
    return inOrder(
      batch.map(({ reading, sha256 }) =>
        reading.is === "issue" ? locks.issue(reading.issue.snapshot.sentryId) : locks.body(sha256),
      ),
    );
  }

  return {
    async write(batch, committedAt) {
      const receipts: Receipt[] = [];
      for (const part of partsOf(batch, ({ body }) => body.length)) {
        const written = await writeAroundFaults(part, {
          write: (some) => write(some, committedAt),
          isFault: (error) => error instanceof FaultError || isOfValues(error),
          onFault,
        });
        receipts.push(...written);
      }
      return receipts;
    },
  };
}

/**
 * Begins a transaction whose commit is waited for, whatever the role and the server have been set to since the start. A
 * statement_timeout would end the wait for a standby as if it had answered.
 */
const beginBatch = [
  "begin isolation level read committed",
  "set local lock_timeout = 500",
  "set local statement_timeout = 0",
  goneLimits,
  "select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') in ('off', 'local')",
].join("; ");

/**
 * A live server answers this at once. So a connection that is lost is given up sooner here than while a batch is being
 * written on it.
 */
const beginSoon: pg.QueryConfig & Pick<pg.ClientConfig, "query_timeout"> = {
  text: beginBatch,
  query_timeout: 2_000,
};

/** How far a history in memory goes: the newest delivery in it, and the epoch in which that was written. */
type KnownTo = { readonly delivery: number; readonly epoch: string };

/** What the store holds about an issue. */
type Newest = {
  readonly id: string;
  /** The newest delivery; null for none. */
  readonly delivery: number | null;
  /** The newest entry; null for none. */
  readonly seq: number | null;
  readonly epoch: string;
  /** True if the newest delivery that is known here is still there. */
  readonly isKept: boolean;
};

function issuesOf(batch: readonly IncomingDelivery[]): readonly string[] {
  const ids = batch.flatMap(({ reading }) =>
    reading.is === "issue" ? [reading.issue.snapshot.sentryId] : [],
  );
  return [...new Set(ids)];
}

/** A fault of this program: it would happen again. */
class FaultError extends Error {
  override readonly name = "FaultError";
}
