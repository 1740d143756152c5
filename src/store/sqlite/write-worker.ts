import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { eq } from "drizzle-orm";
import type { IncomingDelivery, Reading } from "../../domain/delivery.ts";
import { unapplied, writeBatch } from "../batch.ts";
import { metaNames, newName } from "../meta.ts";
import { createRequestIds, rememberedRequestIds } from "../request-ids.ts";
import type { Receipt } from "../store.ts";
import { meta } from "../tables/sqlite.ts";
import { createWalkCache } from "../walks.ts";
import { startCheckpoints } from "./checkpoints.ts";
import { openWriter, type Connection } from "./connection.ts";
import { codeOf, isBusy } from "./error.ts";
import { instanceFileOf, isRestored, readInstance, type Instance } from "./instance.ts";
import { startPacking } from "./packing.ts";
import { newestPosition } from "./queries.ts";
import { startRetention, type Retention } from "./retention.ts";
import { prepareTransaction } from "./transaction.ts";
import { unpack, type Wire } from "./wire.ts";

/** What the gateway asks of the thread. An empty batch writes something that changes nothing. */
export type WriteRequest =
  { readonly is: "write"; readonly batch: Wire; readonly committedAt: number } | { readonly is: "close" };

/** What the thread answers, one for each request and in their order. */
export type WriteAnswer =
  | { readonly is: "open"; readonly instance: Instance }
  | { readonly is: "not open"; readonly message: string }
  | {
      readonly is: "written";
      readonly receipts: readonly Receipt[];
      readonly entries: number;
      readonly milliseconds: number;
      /** Faults of this program, each of a delivery that is kept without being applied. */
      readonly faults: readonly string[];
    }
  /** Another process holds the lock. */
  | { readonly is: "busy" }
  /** Nothing is written, or it is not known. */
  | { readonly is: "failed"; readonly message: string }
  | { readonly is: "closed" };

/** Deliveries of the histories in memory. */
const maxWalkDeliveries = 200_000;

/** As much as a few deliveries write: a disk may have room for less than that and still be full for them. */
const probe = "insert or replace into meta (name, value) values ('probe', hex(zeroblob(65536)))";

type Written = Pick<Extract<WriteAnswer, { is: "written" }>, "receipts" | "entries">;

/** Opens the database for writing and answers the requests that come to this thread, one after the other. */
export async function answerWrites({
  read,
}: {
  readonly read: (body: Uint8Array) => Reading;
}): Promise<void> {
  if (isMainThread || parentPort === null) throw new Error("This is to be started as a worker thread.");
  const port = parentPort;
  const say = (answer: WriteAnswer) => port.postMessage(answer);
  const { file, retention } = workerData as { readonly file: string; readonly retention: Retention };

  let connection: Connection;
  try {
    connection = openWriter(file);
    say({ is: "open", instance: identify(connection, readInstance(instanceFileOf(file))) });
  } catch (error) {
    return say({ is: "not open", message: error instanceof Error ? error.message : String(error) });
  }
  const { client } = connection;
  const checkpoints = startCheckpoints(connection, file);
  const packing = startPacking(connection);
  let walks = createWalkCache(maxWalkDeliveries);
  const forgetWalks = () => {
    walks = createWalkCache(maxWalkDeliveries);
  };
  const retaining = startRetention(connection, retention, forgetWalks);
  const dataVersion = client.prepare<[], number>("pragma data_version").pluck();
  let seenVersion = dataVersion.get();
  const transaction = prepareTransaction(connection);
  const requestIds = createRequestIds(await transaction.newestKnown(rememberedRequestIds, Infinity));

  async function write(
    batch: readonly IncomingDelivery[],
    committedAt: number,
    faults: string[],
  ): Promise<Written> {
    try {
      client.exec("begin immediate");
      // A command changed something beneath: it may have erased an issue.
      if (dataVersion.get() !== seenVersion) forgetWalks();
      seenVersion = dataVersion.get();
      if (batch.length === 0) client.exec(probe);
      const written = await writeBatch(transaction, batch, {
        walks,
        requestIds,
        read,
        committedAt: () => committedAt,
        onFault: (error) => faults.push(String(error)),
      });
      client.exec("commit");
      if (batch.length === 0) client.exec("delete from meta where name = 'probe'");
      checkpoints.committed();
      packing.wrote();
      return written;
    } catch (error) {
      if (client.inTransaction) client.exec("rollback");
      // The histories in memory went ahead of what is on disk.
      walks.forget(
        batch.flatMap(({ reading }) => (reading.is === "issue" ? [reading.issue.snapshot.sentryId] : [])),
      );
      if (codeOf(error) !== null) throw error;
      return writeApart(batch, committedAt, faults, error);
    }
  }

  /** One of the batch runs into a fault of this program. That one is kept without being applied, the others as ever. */
  async function writeApart(
    batch: readonly IncomingDelivery[],
    committedAt: number,
    faults: string[],
    fault: unknown,
  ): Promise<Written> {
    const [only] = batch;
    if (only === undefined || (batch.length === 1 && only.reading.is !== "issue")) throw fault;
    if (batch.length === 1) {
      faults.push(String(fault));
      return write([{ ...only, reading: unapplied }], committedAt, faults);
    }
    const receipts: Receipt[] = [];
    let entries = 0;
    for (const one of batch) {
      const written = await write([one], committedAt, faults);
      receipts.push(...written.receipts);
      entries += written.entries;
    }
    return { receipts, entries };
  }

  async function answer(request: WriteRequest): Promise<WriteAnswer> {
    if (request.is === "close") {
      retaining[Symbol.dispose]();
      packing[Symbol.dispose]();
      await checkpoints[Symbol.asyncDispose]();
      // Best effort: another process may be reading, and what is in the WAL is safe there.
      client.pragma("wal_checkpoint(PASSIVE)");
      client.close();
      return { is: "closed" };
    }
    const startedAt = performance.now();
    const faults: string[] = [];
    try {
      const written = await write(unpack(request.batch), request.committedAt, faults);
      return { is: "written", ...written, faults, milliseconds: performance.now() - startedAt };
    } catch (error) {
      return isBusy(error) ? { is: "busy" } : { is: "failed", message: String(error) };
    }
  }

  port.on("message", (request: WriteRequest) => {
    void answer(request).then((reply) => {
      say(reply);
      if (reply.is === "closed") port.close();
    });
  });
}

/** Which database this is and how far its log has come, beginning a new epoch when it was restored. */
function identify(connection: Connection, file: Instance | null): Instance {
  const { db } = connection;
  const rows = db.select().from(meta).all();
  const named = new Map(rows.map(({ name, value }) => [name, value]));
  const newest = newestPosition(connection);
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
