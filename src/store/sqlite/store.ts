import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { eq } from "drizzle-orm";
import type { IncomingDelivery, Reading } from "../../domain/delivery.ts";
import type { Json } from "../../domain/issue.ts";
import type { Report } from "../../observability/report.ts";
import { unapplied, writeBatch } from "../batch.ts";
import { metaNames, newName } from "../meta.ts";
import { createRequestIds, rememberedRequestIds } from "../request-ids.ts";
import type { Receipt, Store } from "../store.ts";
import * as tables from "../tables/sqlite.ts";
import { createWalkCache } from "../walks.ts";
import { createWriter } from "../writer.ts";
import { startCheckpoints } from "./checkpoints.ts";
import { openReader, openWriter, type Connection } from "./connection.ts";
import { codeOf, isBusy } from "./error.ts";
import { instanceFileOf, isRestored, readInstance, writeInstance, type Instance } from "./instance.ts";
import { lockStore } from "./lock.ts";
import { newestPosition, readerOf } from "./queries.ts";
import { createReads } from "./reads.ts";
import { prepareTransaction } from "./transaction.ts";

export type SqliteStoreOptions = {
  readonly file: string;
  readonly read: (body: Uint8Array) => Reading;
  readonly issueObjectOf: (body: Uint8Array) => Json;
  /** The module of the threads that read: it calls `answerReads`. */
  readonly worker: URL;
  readonly report: Report;
  /** Called after each commit that added to the log. */
  readonly onCommit: () => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Most deliveries in one transaction. */
  readonly maxBatch?: number;
  /** Most deliveries waiting to be written. */
  readonly maxWaiting?: number;
};

/** How often the instance file is brought up to date while the log grows. */
const instanceEveryMs = 1_000;

/** How long one question may take. */
const readTimeoutMs = 5_000;

/** Threads that read; each costs some 30 MB once it is needed. */
const maxReadWorkers = 4;

/** A wait for another process's write lock ends well within the second that Sentry allows. */
const giveUpMs = 500;

/**
 * Opens the store in one SQLite file, making it where it is missing.
 *
 * One process writes a file at a time; others may read it. Every commit is on disk when `append` resolves.
 * @throws StoreInUseError when another process has the file.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { file, report, now, maxBatch = 256, maxWaiting = 2_000 } = options;
  await using opened = new AsyncDisposableStack();

  mkdirSync(dirname(file), { recursive: true });
  opened.use(lockStore(file));
  const writing = openWriter(file);
  opened.defer(() => closeWriter(writing));
  const instanceFile = instanceFileOf(file);
  let instance = identify(writing, readInstance(instanceFile));
  await writeInstance(instanceFile, instance);

  const reading = openReader(file);
  opened.defer(() => void reading.client.close());
  const reads = opened.use(
    createReads({
      file,
      worker: options.worker,
      here: readerOf(reading, options),
      timeoutMs: readTimeoutMs,
      maxWorkers: maxReadWorkers,
      maxWaiting: 1_000,
    }),
  );

  const checkpoints = opened.use(startCheckpoints(writing, file));
  const walks = createWalkCache(200_000);
  const transaction = prepareTransaction(writing);
  const requestIds = createRequestIds(await transaction.newestKnown(rememberedRequestIds, Infinity));
  let isFailing = false;

  async function write(batch: readonly IncomingDelivery[]): Promise<readonly Receipt[]> {
    const { client } = writing;
    const startedAt = performance.now();
    try {
      client.exec("begin immediate");
      const committedAt = now();
      const { receipts, entries } = await writeBatch(transaction, batch, {
        walks,
        requestIds,
        read: options.read,
        committedAt: () => committedAt,
        onFault: report.deliveryFaulted,
      });
      client.exec("commit");
      report.committed({ deliveries: batch.length, entries, milliseconds: performance.now() - startedAt });
      checkpoints.committed();
      if (entries > 0) options.onCommit();
      return receipts;
    } catch (error) {
      if (client.inTransaction) client.exec("rollback");
      // The histories in memory went ahead of what is on disk.
      walks.forget(
        batch.flatMap(({ reading }) => (reading.is === "issue" ? [reading.issue.snapshot.sentryId] : [])),
      );
      throw error;
    }
  }

  async function commit(batch: readonly IncomingDelivery[]): Promise<readonly Receipt[]> {
    try {
      const receipts = await write(batch);
      if (isFailing) report.storeRecovered();
      isFailing = false;
      return receipts;
    } catch (error) {
      if (codeOf(error) === null) return commitApart(batch, error);
      if (!isBusy(error)) {
        isFailing = true;
        report.storeFailed(error);
      }
      throw error;
    }
  }

  /** One of the batch runs into a fault of this program. That one is kept without being applied, the others as ever. */
  async function commitApart(
    batch: readonly IncomingDelivery[],
    error: unknown,
  ): Promise<readonly Receipt[]> {
    const [only] = batch;
    if (only === undefined || (batch.length === 1 && only.reading.is !== "issue")) throw error;
    if (batch.length === 1) {
      report.deliveryFaulted(error);
      return commit([{ ...only, reading: unapplied }]);
    }
    const receipts: Receipt[] = [];
    for (const one of batch) receipts.push(...(await commit([one])));
    return receipts;
  }

  /** Writes something that changes nothing. */
  async function probe(): Promise<boolean> {
    try {
      writing.client.exec("begin immediate; update meta set value = value; commit");
      isFailing = false;
      report.storeRecovered();
    } catch (error) {
      if (writing.client.inTransaction) writing.client.exec("rollback");
      report.storeFailed(error);
    }
    return !isFailing;
  }

  const writer = createWriter({ commit, isBusy, maxBatch, maxWaiting, giveUpMs, retryMs: 15 });

  // A file that cannot be written now is written a second later: nothing is lost with it but the sign of a restore.
  const rememberPosition = async (): Promise<void> => {
    const newest = newestPosition(reading);
    if (newest === instance.newest) return;
    const next = { ...instance, newest };
    await writeInstance(instanceFile, next);
    instance = next;
  };
  let remembering = Promise.resolve();
  const remember = (): Promise<void> =>
    (remembering = remembering.then(rememberPosition).catch(report.storeFailed));
  const timer = setInterval(() => void remember(), instanceEveryMs);
  timer.unref();
  opened.defer(async () => {
    clearInterval(timer);
    await writer.flush();
    await remember();
  });

  const running = opened.move();
  return {
    reader: reads.reader,
    readTransaction: reads.begin,
    append: writer.append,
    // A gateway that is taken out of rotation gets no deliveries that could show that it writes again.
    canWrite: async () => !isFailing || probe(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Which database this is and how far its log has come, beginning a new epoch when it was restored. */
function identify({ client, db }: Connection, file: Instance | null): Instance {
  const { meta } = tables;
  const rows = db.select().from(meta).all();
  const named = new Map(rows.map(({ name, value }) => [name, value]));
  const newest = newestPosition({ client, db });
  const known = { instance: named.get(metaNames.instance), epoch: named.get(metaNames.epoch) };
  if (known.instance === undefined || known.epoch === undefined) {
    const made = { instance: newName(), epoch: newName(), newest };
    const values = [
      { name: metaNames.instance, value: made.instance },
      { name: metaNames.epoch, value: made.epoch },
      { name: metaNames.oldest, value: "0" },
    ];
    db.insert(meta).values(values).run();
    return made;
  }
  const database = { instance: known.instance, epoch: known.epoch, newest };
  if (!isRestored(database, file)) return database;
  const restored = { instance: newName(), epoch: newName(), newest };
  db.transaction(
    (transaction) => {
      const set = (name: string, value: string) =>
        transaction.update(meta).set({ value }).where(eq(meta.name, name)).run();
      set(metaNames.instance, restored.instance);
      set(metaNames.epoch, restored.epoch);
    },
    { behavior: "immediate" },
  );
  return restored;
}

function closeWriter({ client }: Connection): void {
  // Best effort: another process may be reading, and what is in the WAL is safe there.
  client.pragma("wal_checkpoint(PASSIVE)");
  client.close();
}
