import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type Database from "better-sqlite3";
import { count } from "drizzle-orm";
import type { IncomingDelivery, Reading } from "../../domain/delivery.ts";
import { writeBatch } from "../batch/batch.ts";
import { createRequestIds } from "../request-ids.ts";
import type { Receipt } from "../store.ts";
import { deliveries, tokens } from "../tables/sqlite.ts";
import { createHistoryCache } from "../history-cache.ts";
import { openForCommand, openWriter, type Connection } from "./connection.ts";
import { isBusy, unusable } from "./error.ts";
import { putInPlace, removeDatabase } from "./file.ts";
import { makeFolderOf } from "./folder.ts";
import { identify } from "./identity.ts";
import { instanceFileOf, writeInstance } from "./instance.ts";
import { lockStore } from "./lock.ts";
import { leftUnpacked, packOldest } from "./packing.ts";
import { dropSearch, openSearch } from "./search.ts";
import { prepareTransaction } from "./transaction.ts";

/** A store that is being filled with a past. Disposing it without `finish` leaves what was there before. */
type BulkFill = Disposable & {
  /**
   * Writes the deliveries as if a gateway had received them at their `receivedAt`. They are not on disk before
   * `finish`.
   */
  readonly append: (batch: readonly IncomingDelivery[]) => Promise<readonly Receipt[]>;
  /** Creates the indexes and puts the store in its place. Blocks the thread for a while. */
  readonly finish: () => Promise<void>;
};

type BulkFillOptions = {
  readonly file: string;
  readonly read: (body: Uint8Array) => Reading;
  /** Called if a delivery could not be applied through a fault of this program; it is kept as QUARANTINED. */
  readonly onFault: (error: unknown) => void;
};

/**
 * Most deliveries of the histories in memory. Simulated histories are short, and most are not asked for again: reading
 * one again costs less than having the garbage collector go through more of them.
 */
const cachedDeliveries = 10_000;

/** How long to wait for others, such as `doctor`, that have the file open that is to be replaced. */
const leaveMs = 5_000;
const lookEveryMs = 100;

/** The indexes that intake itself uses. The others are created once all rows are there, in a fraction of the time. */
const neededMeanwhile = new Set([
  "deliveries_by_issue",
  "deliveries_by_sha256",
  "events_in_history",
  "events_by_delivery",
]);

/**
 * Begins a store in a file beside this one. In the end it replaces this one and keeps its tokens. So nothing has to be
 * synced, logged or indexed on the way, and a fill that breaks off leaves nothing half made.
 * @throws StoreInUseError while a gateway has the store.
 * @throws Error if the store holds deliveries already.
 */
export function openSqliteBulkFill({ file, read, onFault }: BulkFillOptions): BulkFill {
  using opened = new DisposableStack();
  makeFolderOf(file);
  opened.use(lockStore(file));
  if (existsSync(file) && holdsDeliveries(file))
    throw new Error(
      `${file} already holds deliveries, and history can only be written into a new store. Name another file in DATABASE_URL, move this one away, or leave --bulk out.`,
    );
  const made = `${file}.filling`;
  removeDatabase(made);
  opened.defer(() => removeDatabase(made));
  const connection = openWriter(made);
  const { client } = connection;
  opened.defer(() => void client.close());
  client.pragma("journal_mode = MEMORY");
  client.pragma("synchronous = OFF");
  client.pragma("locking_mode = EXCLUSIVE");
  client.pragma("cache_size = -262144");
  // Nobody lived this past, so what is deleted from it need not be overwritten.
  client.pragma("secure_delete = OFF");
  const indexes = takeIndexes(connection);
  const transaction = prepareTransaction(connection);
  const historyCache = createHistoryCache(cachedDeliveries);
  const requestIds = createRequestIds([]);
  const committedAt = ({ receivedAt }: IncomingDelivery) => receivedAt;
  const packAll = () => {
    while (packOldest(connection, 64, leftUnpacked) > 0);
  };
  const resources = opened.move();

  async function append(batch: readonly IncomingDelivery[]): Promise<readonly Receipt[]> {
    client.exec("begin");
    const { receipts } = await writeBatch(transaction, batch, {
      historyCache,
      requestIds,
      read,
      committedAt,
      onFault,
    });
    client.exec("commit");
    // Packed at once: later it would leave a file that is mostly empty.
    packAll();
    return receipts;
  }

  async function finish(): Promise<void> {
    for (const index of indexes) client.exec(index);
    openSearch(client);
    const kept = existsSync(file) ? await takeLeave(file) : [];
    if (kept.length > 0)
      connection.db
        .insert(tokens)
        .values([...kept])
        .run();
    const instance = identify(connection, null);
    client.pragma("journal_mode = WAL");
    client.close();
    putInPlace(made, file);
    // Last: with the former instance file, a gateway takes this store for restored and begins a new epoch.
    await writeInstance(instanceFileOf(file), instance);
  }

  return {
    append: (batch) =>
      append(batch).catch((error: unknown) => {
        throw unusable(made, error);
      }),
    finish: () =>
      finish().catch((error: unknown) => {
        throw unusable(made, error);
      }),
    [Symbol.dispose]: () => resources.dispose(),
  };
}

function holdsDeliveries(file: string): boolean {
  const { client, db } = openForCommand(file);
  try {
    return (db.select({ count: count() }).from(deliveries).get()?.count ?? 0) > 0;
  } finally {
    client.close();
  }
}

/**
 * The tokens of a file that is to be replaced. Empties its WAL into it as well, so that replacing it is one rename; if
 * that does not happen, the old file still has the tokens.
 * @throws Error if somebody has the file open for seconds.
 */
async function takeLeave(file: string): Promise<readonly (typeof tokens.$inferSelect)[]> {
  const { client, db } = openWriter(file);
  try {
    // SQLite itself never waits here, whatever its busy_timeout is.
    for (const until = performance.now() + leaveMs; !leavesWal(client); await wait(lookEveryMs))
      if (performance.now() >= until)
        throw new Error(`Another process has ${file} open: find out which one, and try again without it.`);
    return db.select().from(tokens).all();
  } finally {
    client.close();
  }
}

/** Moves the WAL into the file and removes it. False while another process has the file open. */
function leavesWal(client: Database.Database): boolean {
  try {
    client.pragma("journal_mode = DELETE");
    return true;
  } catch (error) {
    if (!isBusy(error)) throw error;
    return false;
  }
}

/** Drops the indexes that are not needed before `finish`, and returns the statements that create them again. */
function takeIndexes({ client }: Connection): readonly string[] {
  type Index = { readonly name: string; readonly sql: string };
  const all = client
    .prepare<[], Index>("select name, sql from sqlite_schema where type = 'index' and sql is not null")
    .all();
  const taken = all.filter(({ name, sql }) => !neededMeanwhile.has(name) && !sql.startsWith("CREATE UNIQUE"));
  for (const { name } of taken) client.exec(`drop index ${name}`);
  dropSearch(client);
  return taken.map(({ sql }) => sql);
}
