import { isMainThread, parentPort, workerData } from "node:worker_threads";
import type { IncomingDelivery, Reading } from "../../domain/delivery.ts";
import { StorageUnavailableError } from "../../domain/failure.ts";
import { writeAroundFaults } from "../around-faults.ts";
import { writeBatch, type BatchResult } from "../batch/batch.ts";
import { loadRequestIds } from "../request-ids.ts";
import { startRetention, type Retention } from "../retention.ts";
import type { Receipt } from "../store.ts";
import * as tables from "../tables/sqlite.ts";
import { createHistoryCache } from "../history-cache.ts";
import { createWriter } from "../writer.ts";
import { startCheckpoints } from "./checkpoints.ts";
import { openWriter, type Connection } from "./connection.ts";
import { codeOf, isBusy, isOfValues, unusable } from "./error.ts";
import { fileMoved, sameFileCheck } from "./same-file.ts";
import { identify, identityOf } from "./identity.ts";
import { startIdleWork } from "./idle-work.ts";
import {
  instanceFileOf,
  isRestored,
  lossOf,
  putBackBeneath,
  readInstance,
  type Instance,
  type Loss,
} from "./instance.ts";
import { packing } from "./packing.ts";
import { probe, unprobe } from "./probe.ts";
import { indexing } from "./search.ts";
import { erasingSteps } from "./erasing.ts";
import { prepareTransaction } from "./transaction.ts";
import { fromWire, type Wire } from "./wire.ts";

/** What the thread is started with. */
export type WriteData = {
  readonly file: string;
  readonly retention: Retention | null;
  readonly maxBatch: number;
  readonly giveUpMs: number;
};

/** What the gateway asks of the thread. */
export type WriteRequest =
  /** `at` is the commit time of what is written, in epoch milliseconds. */
  | { readonly is: "write"; readonly batch: Wire; readonly at: number }
  /** To try whether anything can be written, by a write that changes nothing. */
  | { readonly is: "probe" }
  | { readonly is: "close" };

/** A transaction that is on disk. */
export type Committed = {
  readonly deliveries: number;
  readonly entries: number;
  /** The newest position of the log. */
  readonly newest: number;
  readonly milliseconds: number;
  /** Faults of this program, each of a delivery that is kept without being applied. */
  readonly faults: readonly string[];
};

/** What the thread says. `to` is the number of the request that it answers; 0 for opening. */
export type WriteAnswer =
  | { readonly is: "open"; readonly to: 0; readonly instance: Instance; readonly loss: Loss | null }
  | { readonly is: "not open"; readonly to: 0; readonly message: string }
  /** Unasked, after each transaction and before the answers to what it wrote. */
  | ({ readonly is: "committed" } & Committed)
  /** Unasked: what is too old could not be dropped, and is tried again. */
  | { readonly is: "not dropped"; readonly message: string }
  /** Unasked: contents of some deliveries cannot be read, and count as gone. */
  | { readonly is: "unreadable"; readonly message: string }
  | { readonly is: "written"; readonly to: number; readonly receipts: readonly Receipt[] }
  /** Or it is not known whether it was written. */
  | { readonly is: "not written"; readonly to: number; readonly message: string }
  | { readonly is: "probed" | "closed"; readonly to: number };

/** Runs this worker thread: opens the database for writing and answers the requests that come. */
export async function answerWrites({
  read,
}: {
  readonly read: (body: Uint8Array) => Reading;
}): Promise<void> {
  if (isMainThread || parentPort === null) throw new Error("This is to be started as a worker thread.");
  const port = parentPort;
  const say = (answer: WriteAnswer) => port.postMessage(answer);
  const { file, retention, maxBatch, giveUpMs } = workerData as WriteData;

  let connection: Connection;
  /** Which database it is, and the newest position that this thread has written or found there. */
  let known: Instance;
  try {
    connection = openWriter(file);
    const [found, recorded] = [identityOf(connection), readInstance(instanceFileOf(file))];
    known = identify(connection, recorded);
    say({ is: "open", to: 0, instance: known, loss: lossOf(found, recorded) });
  } catch (opening) {
    const error = unusable(file, opening);
    return say({ is: "not open", to: 0, message: error instanceof Error ? error.message : String(error) });
  }
  const { client } = connection;
  // For what a statement may have to undo, which is little here.
  client.pragma("temp_store = MEMORY");
  const checkPlace = sameFileCheck(client, file);
  const checkpoints = startCheckpoints(connection, file);
  const idle = startIdleWork([indexing(client), packing(connection)], checkpoints.committed);
  let historyCache = createHistoryCache();
  const forgetHistories = () => {
    historyCache = createHistoryCache();
  };
  const steps = erasingSteps(connection, checkpoints.committed);
  const retaining = startRetention(
    {
      ...steps,
      async dropClosedIssues(before) {
        const dropped = await steps.dropClosedIssues(before);
        // A history in memory may be that of a dropped issue.
        if (dropped > 0) forgetHistories();
        return dropped;
      },
    },
    retention,
    {
      betweenMs: 20,
      now: Date.now,
      failed(error) {
        if (!isBusy(error)) say({ is: "not dropped", message: String(error) });
      },
    },
  );
  const dataVersion = client.prepare<[], number>("pragma data_version").pluck();
  let seenVersion: number | undefined;
  const transaction = prepareTransaction(connection, ({ message }) => say({ is: "unreadable", message }));
  const requestIds = await loadRequestIds({ db: connection.db, tables });

  /** @param faults of the batch so far. They are reported once it is on disk. */
  async function write(
    batch: readonly IncomingDelivery[],
    committedAt: number,
    faults: string[],
  ): Promise<readonly Receipt[]> {
    const startedAt = performance.now();
    let written: BatchResult;
    try {
      client.exec("begin immediate");
      checkPlace();
      const version = dataVersion.get();
      if (version !== seenVersion) {
        const found = identityOf(connection);
        // Its next positions have been handed out before, with another meaning.
        if (found === null || isRestored(found, known)) throw fileMoved(putBackBeneath);
        known = found;
        // A command has written meanwhile: it may have erased an issue.
        forgetHistories();
      }
      seenVersion = version;
      if (batch.length === 0) client.exec(probe);
      written = await writeBatch(transaction, batch, {
        historyCache,
        requestIds,
        read,
        committedAt: () => committedAt,
        onFault: (error) => faults.push(String(error)),
      });
      client.exec("commit");
      if (batch.length === 0) client.exec(unprobe);
    } catch (error) {
      if (client.inTransaction) client.exec("rollback");
      // The histories in memory are ahead of what is on disk.
      historyCache.forget(
        batch.flatMap(({ reading }) => (reading.is === "issue" ? [reading.issue.snapshot.sentryId] : [])),
      );
      throw error;
    }
    checkpoints.committed();
    idle.wrote();
    const { receipts, entries } = written;
    known = { ...known, newest: receipts.at(-1)?.position ?? known.newest };
    const { newest } = known;
    const milliseconds = performance.now() - startedAt;
    say({
      is: "committed",
      deliveries: batch.length,
      entries,
      newest,
      faults: faults.splice(0),
      milliseconds,
    });
    return receipts;
  }

  /** The `at` of the newest request. */
  let at = 0;
  function commit(batch: readonly IncomingDelivery[]): Promise<readonly Receipt[]> {
    const faults: string[] = [];
    return writeAroundFaults(batch, {
      write: (some) => write(some, at, faults),
      isFault: (error) => codeOf(error) === null || isOfValues(error),
      onFault: (error) => faults.push(String(error)),
    });
  }
  // The gateway's thread bounds what waits here.
  const writer = createWriter({
    commit,
    maxBatch,
    retry: { isBusy, forMs: giveUpMs, everyMs: 15 },
  });

  async function answer(request: WriteRequest, to: number): Promise<WriteAnswer> {
    try {
      switch (request.is) {
        case "write":
          at = request.at;
          return { is: "written", to, receipts: await writer.append(fromWire(request.batch)) };
        case "probe":
          await writer.append([]);
          return { is: "probed", to };
        case "close":
          await writer.flush();
          await retaining[Symbol.asyncDispose]();
          idle[Symbol.dispose]();
          await checkpoints[Symbol.asyncDispose]();
          client.close();
          return { is: "closed", to };
      }
    } catch (error) {
      const cause = error instanceof StorageUnavailableError ? error.cause : error;
      return { is: "not written", to, message: String(cause) };
    }
  }

  port.on("message", ({ number, ...request }: WriteRequest & { readonly number: number }) => {
    void answer(request, number).then((reply) => {
      say(reply);
      if (reply.is === "closed") port.close();
    });
  });
}
