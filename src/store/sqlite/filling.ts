import { existsSync } from "node:fs";
import { count } from "drizzle-orm";
import type { IncomingDelivery, Reading } from "../../domain/delivery.ts";
import { writeBatch } from "../batch.ts";
import { createRequestIds } from "../request-ids.ts";
import type { Receipt } from "../store.ts";
import { deliveries, tokens } from "../tables/sqlite.ts";
import { createWalkCache } from "../walks.ts";
import { openForCommand, openWriter, type Connection } from "./connection.ts";
import { unusable } from "./error.ts";
import { putInPlace, removeDatabase } from "./file.ts";
import { makeFolderOf } from "./folder.ts";
import { identify } from "./identity.ts";
import { instanceFileOf, writeInstance } from "./instance.ts";
import { lockStore } from "./lock.ts";
import { leftUnpacked, packOldest } from "./packing.ts";
import { dropSearch, openSearch } from "./search.ts";
import { prepareTransaction } from "./transaction.ts";

/** A store that is being filled with a past. Disposed of without `finish`, it leaves what was there before. */
export type Filling = Disposable & {
  /** Writes the deliveries as a gateway that received them then would have. They are not on disk before `finish`. */
  readonly append: (batch: readonly IncomingDelivery[]) => Promise<readonly Receipt[]>;
  /** Makes the indexes and puts the store into its place. Blocks the thread for a while. */
  readonly finish: () => Promise<void>;
};

export type FillingOptions = {
  readonly file: string;
  readonly read: (body: Uint8Array) => Reading;
  /** A delivery could not be applied through a fault of this program; it is kept as QUARANTINED. */
  readonly onFault: (error: unknown) => void;
};

/**
 * Deliveries of the histories in memory. Those of a simulated past are short: to read one again takes less than to have
 * the garbage collector go through more of them, most of which are asked for no more.
 */
const heldDeliveries = 10_000;

/** What intake itself looks into. The other indexes are made once everything is there, which takes a fraction. */
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
 * @throws Error when the store holds deliveries already.
 */
export function openSqliteFilling({ file, read, onFault }: FillingOptions): Filling {
  using opened = new DisposableStack();
  makeFolderOf(file);
  opened.use(lockStore(file));
  if (existsSync(file) && holdsDeliveries(file))
    throw new Error(
      `${file} holds deliveries already, and a past is written into a new store only. Name another one by DATABASE_URL, move this one away, or leave --bulk out.`,
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
  // Nobody lived this past, so that nothing of it has to be gone from the file.
  client.pragma("secure_delete = OFF");
  const indexes = takeIndexes(connection);
  const transaction = prepareTransaction(connection);
  const walks = createWalkCache(heldDeliveries);
  const requestIds = createRequestIds([]);
  const committedAt = ({ receivedAt }: IncomingDelivery) => receivedAt;
  const packAll = () => {
    while (packOldest(connection, 64, leftUnpacked) > 0);
  };
  const resources = opened.move();

  async function append(batch: readonly IncomingDelivery[]): Promise<readonly Receipt[]> {
    client.exec("begin");
    const { receipts } = await writeBatch(transaction, batch, {
      walks,
      requestIds,
      read,
      committedAt,
      onFault,
    });
    client.exec("commit");
    // At once: packed later, they would leave a file that is mostly empty.
    packAll();
    return receipts;
  }

  async function finish(): Promise<void> {
    for (const index of indexes) client.exec(index);
    openSearch(client);
    const kept = existsSync(file) ? takeLeave(file) : [];
    if (kept.length > 0)
      connection.db
        .insert(tokens)
        .values([...kept])
        .run();
    const instance = identify(connection, null);
    client.pragma("journal_mode = WAL");
    client.close();
    putInPlace(made, file);
    // Last: with the one of the file before, a gateway takes this one for restored, and begins a new epoch.
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
 */
function takeLeave(file: string): readonly (typeof tokens.$inferSelect)[] {
  const { client, db } = openWriter(file);
  try {
    client.pragma("journal_mode = DELETE");
    return db.select().from(tokens).all();
  } finally {
    client.close();
  }
}

/** Drops the indexes that nothing needs meanwhile, and says how to make them again. */
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
