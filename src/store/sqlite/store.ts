import { stat } from "node:fs/promises";
import { StorageUnavailableError } from "../../domain/failure.ts";
import type { Report } from "../../observability/report.ts";
import type { ReaderOptions } from "../queries/query.ts";
import { tokenQueries } from "../queries/tokens.ts";
import type { Retention } from "../retention.ts";
import type { Store } from "../store.ts";
import { validNames } from "../tokens.ts";
import * as tables from "../tables/sqlite.ts";
import { openReader } from "./connection.ts";
import { makeFolderOf } from "./folder.ts";
import { identityOf } from "./identity.ts";
import { instanceFileOf, isRestored, putBackBeneath, readInstance, writeInstance } from "./instance.ts";
import { lockStore, lockStoreWithin, StoreInUseError } from "./lock.ts";
import { readerOf } from "./reader.ts";
import { createReads } from "./reads.ts";
import { openRetryOnThread } from "./retry-on-thread.ts";
import { createVersion } from "./version.ts";
import { startWriteThread } from "./write-thread.ts";

export type SqliteStoreOptions = Pick<ReaderOptions, "issueObjectOf"> & {
  readonly file: string;
  /** The modules of the threads: `read` calls `answerReads`, `write` calls `answerWrites`. */
  readonly threads: { readonly read: URL; readonly write: URL };
  readonly report: Report;
  /** Without it only commands erase, and what an interrupted command has set aside stays. */
  readonly retention?: Retention;
  /** Called after each commit that added to the log. */
  readonly onCommit: () => void;
  /** Called with the reason once nothing can be written any more until the process is restarted. */
  readonly onEnd?: (reason: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** How long to wait for another process that has the store. */
  readonly lockWaitMs?: number;
  /** Most deliveries in one transaction. */
  readonly maxBatch?: number;
  /** Most deliveries waiting to be written. */
  readonly maxWaiting?: number;
};

/** How often the instance file is updated while the log grows, and the lock file is checked. */
const lookEveryMs = 1_000;

/** Commands such as `token list` have the store for a moment, and a gateway that is stopping for seconds. */
const usualLockWaitMs = 3_000;

/** How long one question may take. */
const readTimeoutMs = 5_000;

/** Most threads that read; each takes some 30 MB once it is started. */
const maxReadWorkers = 4;

/** How long to wait for another process's write lock: well within the second that Sentry allows. */
const giveUpMs = 500;

/**
 * Opens the store in one SQLite file, creating it if it is missing.
 *
 * One gateway at a time has the file. Other processes may read it, and commands may erase from it. Every commit is on
 * disk once `append` resolves. Writing has a thread of its own, so that syncs to disk hold up nothing else.
 * @throws StoreInUseError if another process has the file for seconds.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { file, threads, report, now, retention = null, maxBatch = 256, maxWaiting = 2_000 } = options;
  await using opened = new AsyncDisposableStack();

  makeFolderOf(file);
  let lock = await lockStoreWithin(options.lockWaitMs ?? usualLockWaitMs, file);
  opened.defer(() => lock[Symbol.dispose]());
  const onUnreadable = report.contentUnreadable;
  const asking = { issueObjectOf: options.issueObjectOf, onUnreadable };
  let isFailing = false;
  let hasCommitted = false;
  let hasEnded = false;
  const failed = (error: unknown) => {
    isFailing = true;
    report.storeFailed(error);
  };
  const end = (reason: string, error: Error) => {
    if (hasEnded) return;
    hasEnded = true;
    failed(error);
    options.onEnd?.(reason);
  };
  let wrote = () => {};
  /** The newest position that was written here. */
  let newest = 0;
  const writes = opened.use(
    await startWriteThread({
      file,
      module: threads.write,
      retention,
      maxBatch,
      maxWaiting,
      giveUpMs,
      now,
      committed({ faults, newest: position, ...figures }) {
        newest = position;
        for (const fault of faults) report.deliveryFaulted(new Error(fault));
        report.committed(figures);
        if (isFailing) report.storeRecovered();
        isFailing = false;
        hasCommitted = true;
        wrote();
        if (figures.entries > 0) options.onCommit();
      },
      failed,
      notDropped: report.notDropped,
      onUnreadable,
      ended: (error) => end("the thread that writes has ended", error),
    }),
  );
  const instanceFile = instanceFileOf(file);
  const recorded = readInstance(instanceFile);
  const isKnown = recorded !== null && !isRestored(writes.instance, recorded);
  /** What the instance file says. */
  let instance = isKnown ? recorded : writes.instance;
  // Left alone if it is right already: a store on a full disk can still be read.
  if (!isKnown) await writeInstance(instanceFile, instance);

  const reading = openReader(file);
  opened.defer(() => void reading.client.close());
  const tokens = tokenQueries({ db: reading.db, tables });
  if (writes.loss?.of === "the newest") report.restored(await validNames(tokens, now()));
  if (writes.loss?.of === "everything") report.databaseLost({ file, newest: writes.loss.newest });
  const reads = opened.use(
    createReads({
      file,
      worker: threads.read,
      here: readerOf(reading, asking),
      onUnreadable,
      timeoutMs: readTimeoutMs,
      maxWorkers: maxReadWorkers,
      maxWaiting: 1_000,
    }),
  );

  const retrying = opened.use(openRetryOnThread(file, reads.reader, asking));

  const version = createVersion(reading);
  wrote = version.moved;

  // If the file cannot be written, it is tried again a second later: only the sign of a restore is at stake.
  const rememberPosition = async (): Promise<void> => {
    const found = identityOf(reading);
    // Never lowered: if the database was put back, only this tells the next start.
    const next = { ...instance, newest: Math.max(instance.newest, newest, found?.newest ?? 0) };
    if (!hasEnded && (found === null || isRestored(found, next)))
      end("the database was restored or replaced", new StorageUnavailableError(putBackBeneath));
    if (next.newest === instance.newest) return;
    await writeInstance(instanceFile, next);
    instance = next;
  };
  // Somebody may delete the lock file, taking it for a crash's. It is locked anew then. If there is no room for it,
  // there is none for another process's either.
  const keepLock = (): void => {
    if (hasEnded) return;
    try {
      if (lock.isInPlace()) return;
      const former = lock;
      lock = lockStore(file);
      former[Symbol.dispose]();
    } catch (error) {
      if (error instanceof StoreInUseError) end("another process has the store", error);
    }
  };

  let remembering = Promise.resolve();
  const remember = (): Promise<void> =>
    (remembering = remembering.then(rememberPosition).catch(report.positionNotNoted));
  const timer = setInterval(() => {
    keepLock();
    void remember();
  }, lookEveryMs);
  timer.unref();
  opened.defer(async () => {
    clearInterval(timer);
    await writes.flush();
    await remember();
  });

  const running = opened.move();
  return {
    reader: retrying.reader,
    readTransaction: reads.begin,
    append: writes.append,
    version: version.now,
    tokens,
    async figures() {
      const wal = await stat(`${file}-wal`).catch(() => null);
      return { waiting: writes.waiting(), walBytes: wal?.size ?? null };
    },
    async canWrite() {
      if (hasEnded) return false;
      // Without deliveries nothing shows that it can write: just started, or out of the load balancer's rotation.
      if (isFailing || !hasCommitted) await writes.probe().catch(failed);
      return !isFailing;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
