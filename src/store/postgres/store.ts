import type { IncomingDelivery, Reading } from "../../domain/delivery.ts";
import type { Report } from "../../observability/report.ts";
import type { ReaderOptions } from "../queries/query.ts";
import { loadRequestIds } from "../request-ids.ts";
import { startRetention, type Retention } from "../retention.ts";
import type { Receipt, Store } from "../store.ts";
import { validNames } from "../tokens.ts";
import { createSemaphore } from "../semaphore.ts";
import { createWriter } from "../writer.ts";
import { drizzleOver } from "./drizzle-over.ts";
import { watchEpoch } from "./epoch.ts";
import { answered } from "./error.ts";
import { limitHeavy } from "./limit-heavy.ts";
import { channelOf, listeningName, startListener } from "./listener.ts";
import { locksOf } from "./locks.ts";
import { openingEpoch } from "./opening-epoch.ts";
import { connectionsToRead, createPools } from "./pools.ts";
import { prepare } from "./prepare.ts";
import { reached } from "./promptly.ts";
import { readerOf, sharedBy } from "./reader.ts";
import { beginReading, questionsOn } from "./reads.ts";
import { knowsScripts } from "./search.ts";
import { erasingSteps } from "./erasing.ts";
import { startTextIndex } from "./text-index.ts";
import { tokensOn } from "./tokens.ts";
import { createBatchWriter } from "./batch-writer.ts";

export type PostgresStoreOptions = Pick<ReaderOptions, "issueObjectOf"> & {
  /** `postgres://…`, with any option that pg takes. */
  readonly url: string;
  /** The same past the pooler that `url` leads to, if any. */
  readonly directUrl?: string | undefined;
  readonly report: Report;
  /** Without it only commands erase, and what an interrupted command has set aside stays. */
  readonly retention?: Retention;
  readonly read: (body: Uint8Array) => Reading;
  /** Called after each commit that added to the log, of this replica or another; and now and then for nothing. */
  readonly onCommit: () => void;
  /**
   * Called once a new epoch has begun: the server was replaced by another that knew less, or the log was derived anew.
   * From then on reading entries or bounds fails.
   */
  readonly onEpoch: () => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Most deliveries in one transaction. */
  readonly maxBatch?: number;
  /** Most deliveries waiting to be written. */
  readonly maxWaiting?: number;
};

/**
 * Most heavy questions at once in one replica. With four in each of two replicas, on a server with two cores, webhooks
 * were answered 503 meanwhile.
 */
const heavyAtOnce = 2;

/**
 * Most read transactions at once. Each has a connection for as long as it is open, also while it waits for its turn to
 * ask a heavy question. Heavy questions outside of them need connections too.
 */
const transactionsAtOnce = connectionsToRead - heavyAtOnce;

const slotLimits = { waitMs: 5_000, mostWaiting: 1_000 };

/** A write that takes longer is slow: its webhooks have been answered 503, and should be sent to another replica. */
const slowMs = 650;

/** Most deliveries in one transaction, by default. A batch is derived on the event loop, and webhooks wait for that. */
const usualBatch = 128;

/**
 * Opens the store in a PostgreSQL database, creating the tables that are missing.
 *
 * Any number of processes may have it open: they write one log, and each hears of what the others commit. Every commit
 * is on the server's disk once `append` resolves.
 * @throws Error that says what is wrong with the server and what to do.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { url, directUrl, report, now, retention = null } = options;
  const { maxBatch = usualBatch, maxWaiting = 2_000 } = options;
  await using opened = new AsyncDisposableStack();

  const pools = opened.use(createPools(url, directUrl));
  const { schema, isPooled } = await prepare(pools, { held: report.tablesHeld });
  const locks = locksOf(schema);
  const { epoch: epochAtFirst, isRestored } = await reached(
    openingEpoch(pools.log, { lock: locks.log, held: report.logHeld }),
  );
  const tokens = tokensOn(pools.log);
  if (isRestored) report.restored(await reached(validNames(tokens, now())));
  const onUnreadable = report.contentUnreadable;
  const asking = { issueObjectOf: options.issueObjectOf, onUnreadable };
  const channel = channelOf(schema);
  const requestIds = await reached(answered(loadRequestIds(sharedBy(drizzleOver(pools.log)))));

  const epoch = opened.use(watchEpoch(pools.log, epochAtFirst, options.onEpoch));

  /** The newest position that `onCommit` was called for: this replica hears of its own commits too. */
  let told = 0;
  const heard = (position: number | null) => {
    if (position !== null && position <= told) return;
    told = position ?? told;
    options.onCommit();
  };

  // So that the first webhook does not wait for a connection. If none can be had now, the store is not ready.
  await pools.intake.connect().then(
    (client) => client.release(),
    () => {},
  );

  let isFailing = false;
  /** True if the newest write took longer than webhooks wait for it. */
  let isSlow = false;
  /** When the write under way began; null while none is. */
  let writingSince: number | null = null;
  const hasTakenLong = () => writingSince !== null && performance.now() - writingSince > slowMs;
  const batchWriter = createBatchWriter({
    pool: pools.intake,
    locks,
    requestIds,
    channel,
    epoch,
    read: options.read,
    onFault: report.deliveryFaulted,
    onUnreadable,
    committed({ receipts, entries }, milliseconds) {
      report.committed({ deliveries: receipts.length, entries, milliseconds });
      if (isFailing) report.storeRecovered();
      isFailing = false;
      if (entries > 0) heard(receipts.at(-1)!.position);
    },
  });

  async function commit(batch: readonly IncomingDelivery[]): Promise<readonly Receipt[]> {
    writingSince = performance.now();
    try {
      return await batchWriter.write(batch, now());
    } catch (error) {
      isFailing = true;
      report.storeFailed(error);
      throw error;
    } finally {
      isSlow = hasTakenLong();
      writingSince = null;
    }
  }
  // Nothing is tried again: `lock_timeout` has ended the wait for a lock.
  const writer = createWriter({ commit, maxBatch, maxWaiting });

  const textIndex = opened.use(
    await startTextIndex({
      pool: pools.log,
      connection: pools.directConnection,
      lock: locks.textIndex,
      found: async () => {
        if (!(await knowsScripts(pools.log))) report.scriptsUnknown();
      },
      making: report.textIndexMissing,
      failed: report.textIndexFailed,
    }),
  );
  // A pooler passes on no notifications, and logs each one that it drops.
  if (isPooled && directUrl === undefined) report.pollingAlone();
  else
    opened.use(
      startListener({
        connection: pools.directConnection,
        channel,
        name: listeningName(schema),
        heard,
        failed: report.listenerFailed,
      }),
    );

  opened.use(
    startRetention(erasingSteps(pools.log, schema), retention, {
      betweenMs: 50,
      now,
      failed: report.notDropped,
    }),
  );

  const heavySlots = createSemaphore({ ...slotLimits, atOnce: heavyAtOnce });
  const transactionSlots = createSemaphore({ ...slotLimits, atOnce: transactionsAtOnce });
  const questions = questionsOn(pools.reading, { isPooled });
  const reading = textIndex.readerBy((hasSearch) =>
    limitHeavy(readerOf(questions, { ...asking, hasSearch }), heavySlots),
  );
  const log = readerOf(pools.log, { ...asking, hasSearch: false });

  const reader = {
    ...reading,
    bounds: epoch.noting(log.bounds),
    entriesAfter: epoch.ofFirst(log.entriesAfter),
  };
  opened.defer(writer.flush);

  const running = opened.move();
  return {
    reader,
    async readTransaction() {
      await using begun = new AsyncDisposableStack();
      begun.use(await transactionSlots.take());
      const transaction = begun.use(
        await beginReading(pools.reading, { ...asking, hasSearch: textIndex.isThere() }),
      );
      const going = begun.move();
      return {
        ...limitHeavy(transaction, heavySlots),
        [Symbol.asyncDispose]: () => going.disposeAsync(),
      };
    },
    append: async (delivery) => (await writer.append([delivery]))[0]!,
    // What another replica writes is not known here at once.
    version: () => null,
    figures: async () => ({ waiting: writer.waiting(), walBytes: null }),
    tokens,
    async canWrite() {
      if (hasTakenLong()) return false;
      const isDoubtful = isFailing || isSlow || pools.intake.totalCount === 0;
      if (isDoubtful && writer.waiting() === 0) await writer.append([]).catch(() => {});
      return !isFailing && !isSlow;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
