import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import type pg from "pg";
import type { IncomingDelivery, Reading } from "../../domain/delivery.ts";
import { StorageUnavailableError } from "../../domain/failure.ts";
import { writeAroundFaults } from "../around-faults.ts";
import { writeNumbered, type BatchResult, type Numbered } from "../batch.ts";
import { catchUp, type Held } from "../held.ts";
import { metaNames } from "../meta.ts";
import type { RequestIds } from "../request-ids.ts";
import type { Receipt } from "../store.ts";
import { createWalkCache } from "../walks.ts";
import type { WriteTransaction } from "../write.ts";
import { drizzleOver } from "./ask.ts";
import type { EpochWatch } from "./epoch.ts";
import { failureIn, isOfValues } from "./error.ts";
import { inOrder, type Locks } from "./locks.ts";
import { partsOf } from "./parts.ts";
import { giveBack, goneLimits } from "./pools.ts";
import { collectingTransaction, factsAfter, provisional } from "./transaction.ts";
import { moveStatement, moveValuesOf, valuesOf, writeStatement, type LogAsked } from "./write-statement.ts";

export type WritesOptions = {
  readonly pool: pg.Pool;
  readonly locks: Locks;
  readonly requestIds: RequestIds;
  readonly channel: string;
  readonly epoch: Pick<EpochWatch, "known" | "reached">;
  readonly read: (body: Uint8Array) => Reading;
  readonly onFault: (error: unknown) => void;
  /** Told of what a delivery held that cannot be read: it counts as gone. */
  readonly onUnreadable: (error: Error) => void;
  /** Told of each transaction that is on disk, before `write` resolves, and also where it then rejects. */
  readonly committed: (written: BatchResult, milliseconds: number) => void;
};

/** Writes batches, one at a time. */
export type Writes = {
  /**
   * Resolves once the batch is on disk, in one transaction or several. An empty one does the same, and changes nothing.
   * @throws StorageUnavailableError when not all was written, or that cannot be known.
   */
  readonly write: (batch: readonly IncomingDelivery[], committedAt: number) => Promise<readonly Receipt[]>;
};

/** As much as a few deliveries hold, where they hold it: a disk may have room for one row and still be full for them. */
const probe = `insert into contents (delivery, fields) select -n, repeat('x', 1900) from generate_series(1, 32) as n;
  delete from contents where delivery < 0`;

/**
 * The writer of one replica.
 *
 * A transaction locks the issues of its batch, so that of all replicas one at a time derives an issue's history; reads
 * what of it may have changed since this replica last held it; derives; then, in one statement, takes the log's lock and
 * writes. An error at COMMIT leaves open whether it was: the sender is told 503, and what it sends again is a repeat.
 */
export function createWrites({
  pool,
  locks,
  requestIds,
  channel,
  epoch,
  read,
  onFault,
  onUnreadable,
  committed,
}: WritesOptions): Writes {
  const walks = createWalkCache();
  const knownTo = new WeakMap<Held, KnownTo>();

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
      // The histories in memory went ahead of what is on disk. While locks were waited for they had not.
      walks.forget(issueIds);
      throw error;
    }
  }

  /** As `writeWith`, once the locks are had and what is in memory is what the store holds. */
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
      walks,
      requestIds,
      read,
      committedAt: () => committedAt,
      onFault,
    }).catch((error: unknown) => {
      throw failureIn(error) ?? new FaultError("A batch could not be derived.", { cause: error });
    });

    const known = epoch.known();
    const log: LogAsked = {
      lock: locks.log,
      knownEpoch: known.epoch,
      knownPosition: known.position,
      channel,
    };
    // Together, so that the log's lock is not held for as long as an answer and the next question are on their way.
    const { moves } = transaction.collected();
    const [logged, , , ended] = await Promise.all([
      client.query<{ newest: number }>(writeStatement, valuesOf(log, transaction.collected())),
      batch.length === 0 ? client.query(probe) : null,
      // Seldom, and apart: the statement before it cannot change a row that it adds, nor one row twice.
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
      const held = walks.get(delivery.reading.issue.snapshot.sentryId);
      if (held === undefined) continue;
      // The same for every issue of the batch, which this is one of.
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
    const held = walks.get(issueId);
    return held && knownTo.get(held);
  }

  /** Makes every history in memory equal to the store's: one that lacks only the newest deliveries reads those, any other is dropped. */
  async function catchUpWith(
    newest: readonly Newest[],
    transaction: Pick<WriteTransaction, "knownIssues">,
    db: NodePgDatabase,
  ): Promise<void> {
    const behind = new Map<string, number>();
    for (const { id, delivery, seq, epoch, isKept } of newest) {
      const known = knownOf(id);
      // `rebuild` may have read others anew, and an issue that was erased has none of those that were known.
      if (known?.epoch !== epoch || !isKept) walks.forget([id]);
      else if (known.delivery !== delivery) behind.set(id, known.delivery);
      else if (walks.get(id)?.lastSeq !== seq) walks.forget([id]);
    }
    if (behind.size === 0) return;
    const [issues, facts] = await Promise.all([
      transaction.knownIssues([...behind.keys()]),
      factsAfter(db, behind),
    ]);
    for (const id of behind.keys()) {
      const [held, issue] = [walks.get(id), issues.get(id)];
      if (held === undefined) continue;
      try {
        catchUp(held, facts.get(id) ?? []);
        const { lastSeq, ...project } = issue!;
        Object.assign(held, { lastSeq, project });
      } catch {
        // Whatever it was, from all of its deliveries it is derived anew.
        walks.forget([id]);
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
 * A transaction whose commit is waited for, whatever the role and the server were set to since the start: a time for
 * statements would end the wait for a standby as if it had answered.
 */
const beginBatch = [
  "begin isolation level read committed",
  "set local lock_timeout = 500",
  "set local statement_timeout = 0",
  goneLimits,
  "select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') in ('off', 'local')",
].join("; ");

/**
 * Answered at once by a server that is there: a connection that was forgotten on its way is given up sooner than one on which
 * a batch is being written.
 */
const beginSoon: pg.QueryConfig & Pick<pg.ClientConfig, "query_timeout"> = {
  text: beginBatch,
  query_timeout: 2_000,
};

/** How far a history in memory goes: to the issue's newest delivery that it knows, in the epoch in which that was written. */
type KnownTo = { readonly delivery: number; readonly epoch: string };

/** What the store holds about an issue. */
type Newest = {
  readonly id: string;
  /** The newest delivery; null for none. */
  readonly delivery: number | null;
  /** The newest entry; null for none. */
  readonly seq: number | null;
  readonly epoch: string;
  /** The newest delivery that is known here is there. */
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
