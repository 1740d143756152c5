import Database from "better-sqlite3";
import { and, asc, count, eq, getTableColumns, gt, inArray, max, sql, type AnyColumn } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { forgottenRole } from "../../domain/event.ts";
import type { CopiedName, CopiedTable, Identity, Row, WholeTable } from "../copied-tables.ts";
import { metaNames } from "../meta.ts";
import * as tables from "../tables/sqlite.ts";
import { openForCommand, type Connection } from "./connection.ts";
import { unusable } from "./error.ts";
import { remembered } from "./identity.ts";
import { instanceFileOf, isRestored, readInstance } from "./instance.ts";
import { tryToLock } from "./lock.ts";
import { versionOfTables } from "./migrate.ts";
import { newestPosition } from "./reader.ts";

/** A store in a SQLite file, as it is at one moment. */
export type CopySource = Disposable & {
  /** True if no gateway has the file. Then none can take it, and nothing can write to it, until this is disposed. */
  readonly isAlone: boolean;
  readonly identity: Identity;
  /** The newest position and the newest id of a delivery ever handed out; 0 for none. */
  readonly newest: { readonly position: number; readonly delivery: number };
  readonly countOf: (table: CopiedName) => number;
  /** Up to a page of rows after this key, by ascending key. */
  readonly pageAfter: (table: CopiedTable, key: number) => readonly Row[];
  readonly all: (table: WholeTable) => readonly Row[];
  /** Up to a page of the issues after this id with an entry after this position, by ascending id. */
  readonly issuesToldSince: (position: number, id: number) => readonly Row[];
  /** Every entry about these rows of `issues`. */
  readonly eventsOf: (issues: readonly Row[]) => readonly Row[];
  /** True if an issue was forgotten after this position. */
  readonly hasForgottenSince: (position: number) => boolean;
};

const issuesAtOnce = 100;

/** How long to wait for a command that is writing. */
const lastWriteMs = 2_000;

/**
 * Opens the store to be copied. A gateway may go on writing to it: everything is read as of this moment, and the WAL
 * grows until this is disposed.
 * @throws Error that says what to do if the file cannot be copied.
 */
export function openCopySource(file: string): CopySource {
  using opened = new DisposableStack();
  const connection = openForCommand(file);
  opened.defer(() => void connection.client.close());
  const isAlone = opened.use(tryToLock(file)) !== null;
  if (isAlone) shutOutWriters(file, opened);
  const { client, db } = connection;
  if (versionOfTables(connection.client) !== "this")
    throw new Error(
      `${file} has the tables of another version of Issuewire: start this version's gateway on it once.`,
    );
  client.exec("begin");
  const identity = copiedIdentityOf(connection);
  const newest = { position: newestPosition(connection), delivery: newestDelivery(connection) };
  // A running gateway has checked this already, and writes its instance file a moment behind its commits.
  const known = readInstance(instanceFileOf(file));
  if (isAlone && isRestored({ ...identity, newest: newest.position }, known))
    throw new Error(
      `${file} was restored from a backup, or ${instanceFileOf(file)} is gone: start a gateway on it once, so that it begins a new epoch.`,
    );
  const running = opened.move();

  const { deliveries: _deliveries, events, issues } = tables;
  return {
    isAlone,
    identity,
    newest,
    countOf: (table) => db.select({ rows: count() }).from(tables[table]).get()?.rows ?? 0,
    pageAfter({ table, key, pageSize }, after) {
      const from: SQLiteTable = tables[table];
      const column = columnOf(from, key);
      return db.select().from(from).where(gt(column, after)).orderBy(asc(column)).limit(pageSize).all();
    },
    all({ table, key }) {
      const from: SQLiteTable = tables[table];
      return db
        .select()
        .from(from)
        .orderBy(asc(columnOf(from, key)))
        .all();
    },
    issuesToldSince: (position, id) =>
      db
        .select()
        .from(issues)
        .where(and(gt(issues.lastSeq, position), gt(issues.id, id)))
        .orderBy(asc(issues.id))
        .limit(issuesAtOnce)
        .all(),
    eventsOf(rows) {
      const newestOfEach = sql.join(
        rows.map(({ lastSeq }) => sql`(${lastSeq})`),
        sql`, `,
      );
      // Each entry names the one before it about the same issue.
      const chain = sql`with recursive told(seq) as (
        values ${newestOfEach}
        union select previous from events join told using (seq) where previous is not null
      ) select seq from told`;
      return db
        .select()
        .from(events)
        .where(inArray(events.seq, sql`(${chain})`))
        .orderBy(asc(events.seq))
        .all();
    },
    hasForgottenSince: (position) =>
      db
        .select({ seq: events.seq })
        .from(events)
        .where(and(gt(events.seq, position), eq(events.role, forgottenRole)))
        .limit(1)
        .get() !== undefined,
    [Symbol.dispose]: () => running.dispose(),
  };
}

/**
 * Blocks all writers. Commands write even while another process has the store's lock, and would report as erased what
 * is copied all the same.
 */
function shutOutWriters(file: string, opened: DisposableStack): void {
  try {
    const client = new Database(file, { timeout: lastWriteMs, fileMustExist: true });
    opened.defer(() => void client.close());
    client.exec("begin immediate");
  } catch (error) {
    throw unusable(file, error);
  }
}

function columnOf(table: SQLiteTable, key: string): AnyColumn {
  return getTableColumns(table)[key]!;
}

function copiedIdentityOf(connection: Connection): Identity {
  const named = remembered(connection);
  return {
    instance: named.get(metaNames.instance) ?? "",
    epoch: named.get(metaNames.epoch) ?? "",
    oldest: Number(named.get(metaNames.oldest) ?? 0),
    prunedTo: Number(named.get(metaNames.prunedTo) ?? 0),
    dropped: Number(named.get(metaNames.dropped) ?? 0),
  };
}

function newestDelivery({ client, db }: Connection): number {
  const { deliveries } = tables;
  const kept = db
    .select({ id: max(deliveries.id) })
    .from(deliveries)
    .get();
  const handedOut = client.prepare("select seq from sqlite_sequence where name = 'deliveries'").pluck().get();
  return Math.max(kept?.id ?? 0, (handedOut as number | undefined) ?? 0);
}
