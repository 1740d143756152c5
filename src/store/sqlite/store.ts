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
import { lockStore, StoreInUseError } from "./lock.ts";
import { readerOf } from "./queries.ts";
import { createReads } from "./reads.ts";
import { openTrying } from "./trying.ts";
import { createVersion } from "./version.ts";
import { startWrites } from "./writes.ts";

export type SqliteStoreOptions = Pick<ReaderOptions, "issueObjectOf"> & {
  readonly file: string;
  /** The modules of the threads: what reads calls `answerReads`, what writes calls `answerWrites`. */
  readonly threads: { readonly read: URL; readonly write: URL };
  readonly report: Report;
  /** Without it nothing is erased but by commands, not even what one of them set aside and was broken off. */
  readonly retention?: Retention;
  /** Called after each commit that added to the log. */
  readonly onCommit: () => void;
  /** Called once, with the reason, when nothing can be written any more until the process is started anew. */
  readonly onEnd?: (reason: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Most deliveries in one transaction. */
  readonly maxBatch?: number;
  /** Most deliveries waiting to be written. */
  readonly maxWaiting?: number;
};

/** How often the instance file is brought up to date while the log grows, and the lock is looked for. */
const lookEveryMs = 1_000;

/** How long one question may take. */
const readTimeoutMs = 5_000;

/** Threads that read; each costs some 30 MB once it is needed. */
const maxReadWorkers = 4;

/** A wait for another process's write lock ends well within the second that Sentry allows. */
const giveUpMs = 500;

/**
 * Opens the store in one SQLite file, making it where it is missing.
 *
 * One process writes a file at a time; others may read it. Every commit is on disk when `append` resolves. Writing has a
 * thread for itself, so that syncs to disk do not hold up whoever else is served.
 * @throws StoreInUseError when another process has the file.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { file, threads, report, now, retention = null, maxBatch = 256, maxWaiting = 2_000 } = options;
  await using opened = new AsyncDisposableStack();

  makeFolderOf(file);
  let lock = lockStore(file);
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
    hasEnded = true;
    failed(error);
    options.onEnd?.(reason);
  };
  let wrote = () => {};
  /** How far the log has come by what was written here. */
  let newest = 0;
  const writes = opened.use(
    await startWrites({
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
  /** What the file says. */
  let instance = isKnown ? recorded : writes.instance;
  // Where it says so already it is left, for a disk that is full may still be read from.
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

  const trying = opened.use(openTrying(file, reads.reader, asking));

  const version = createVersion(reading);
  wrote = version.moved;

  // A file that cannot be written now is written a second later: nothing is lost with it but the sign of a restore.
  const rememberPosition = async (): Promise<void> => {
    const found = identityOf(reading);
    // Never less than was known: where the database was put back, that alone tells the next start.
    const next = { ...instance, newest: Math.max(instance.newest, newest, found?.newest ?? 0) };
    if (!hasEnded && (found === null || isRestored(found, next)))
      end("the database was put back", new StorageUnavailableError(putBackBeneath));
    if (next.newest === instance.newest) return;
    await writeInstance(instanceFile, next);
    instance = next;
  };
  // Somebody may take it for one that a crash has left. Where there is no place for it, there is none for another's either.
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
    reader: trying.reader,
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
