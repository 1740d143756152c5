import { closeSync, existsSync, openSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import Database from "better-sqlite3";
import { drizzle, type BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { createRecent } from "../recent.ts";
import { emptyWal } from "./empty-wal.ts";
import { codeOf, unusable } from "./error.ts";
import { journalOf } from "./in-place.ts";
import { checkTables, hasMigrations, hasTablesOfThisVersion, migrate } from "./migrate.ts";
import { unprobe } from "./probe.ts";
import { withQuickRows } from "./quick-rows.ts";
import { openSearch } from "./search.ts";
import { letBeStopped } from "./stoppable.ts";

/** A connection to one SQLite file. Its statements run at once, on the calling thread. */
export type Connection = {
  readonly client: Database.Database;
  readonly db: BetterSQLite3Database;
};

/** The oldest SQLite that keeps a WAL whole under two connections (https://sqlite.org/wal.html#walresetbug). */
const oldestSqlite = [3, 51, 3] as const;

/** A second or so of checking. To check a file of a million issues takes a minute, which `doctor` is for. */
const checkedBytes = 128 * 1024 * 1024;

/**
 * Opens the one connection that writes, making the file where it is missing, and brings the tables up to date.
 *
 * A commit returns once the disk has it. The connection never waits for another process's lock: a statement that would
 * have to fails with SQLITE_BUSY instead, because waiting would stop the event loop.
 * @throws Error that says what is wrong with the file and what to do.
 */
export function openWriter(file: string, sqliteVersion = versionOf): Connection {
  let client: Database.Database | null = null;
  try {
    if (!existsSync(file)) makePrivate(file);
    refuseWalOfAnother(file);
    client = new Database(file);
    checkVersion(sqliteVersion(client));
    client.pragma("busy_timeout = 2000");
    // First of all, because the file of another program is to stay as it is.
    checkTables(client, file);
    client.pragma("journal_mode = WAL");
    setUpToWrite(client, file);
    // Pages that a commit touches again stay in memory: 64 MB instead of 2.
    client.pragma("cache_size = -65536");
    // A WAL that grew behind a long read does not keep its size; one of everyday size is not cut, to be written over.
    client.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
    finishWal(client);
    if (statSync(file).size <= checkedBytes) checkStructure(client, file);
    const db = drizzle({ client: withPrepared(client) });
    migrate(client);
    openSearch(client);
    // One that a crash has left.
    client.exec(unprobe);
    assertDurable(client);
    client.pragma("busy_timeout = 0");
    return { client, db };
  } catch (error) {
    client?.close();
    throw unusable(file, error);
  }
}

/** What every connection that writes has in common. */
function setUpToWrite(client: Database.Database, file: string): void {
  client.pragma("synchronous = FULL");
  // On macOS fsync leaves the data in the drive's cache; elsewhere the pragma does nothing.
  client.pragma("fullfsync = ON");
  // What is packed, changed, dropped or erased is gone from where it was in the file.
  client.pragma("secure_delete = ON");
  // For the whole process. Another folder may be missing, read-only or too small; and the message that the database's
  // disk may be full has to be right for temporary files too.
  client.pragma(`temp_store_directory = '${resolve(dirname(file)).replaceAll("'", "''")}'`);
}

/**
 * Makes an empty file for its owner alone: SQLite would let everybody on the machine read what nobody may over GraphQL.
 * What SQLite keeps beside a database is as private as that is.
 */
export function makePrivate(file: string): void {
  closeSync(openSync(file, "a", 0o600));
}

/**
 * SQLite takes the WAL that it finds for the file's own and writes its pages over it: a backup that was put back beside
 * the WAL of the database before it would be damaged by being opened. A backup says in its header that it has no WAL.
 *
 * To be asked before this process has opened the file: closing a file lets go of all its locks on it, SQLite's as well.
 * @throws Error that says what to do.
 */
function refuseWalOfAnother(file: string): void {
  const wal = statSync(`${file}-wal`, { throwIfNoEntry: false });
  if (wal === undefined || wal.size === 0) return;
  const descriptor = openSync(file, "r");
  try {
    if (journalOf(descriptor) !== "rollback") return;
  } finally {
    closeSync(descriptor);
  }
  throw new Error(
    `${file} was put back from a backup beside what is left of the database before it: stop the gateway, if one runs, remove ${file}-wal and ${file}-shm, and try again.`,
  );
}

/**
 * Opens a store that is there, for a command to read it. This process must not have opened the file before.
 * @throws Error that says what is wrong with the file.
 */
export function openForCommand(file: string): Connection {
  requireFile(file);
  refuseWalOfAnother(file);
  return openReader(file);
}

/**
 * The same to write to it beside a gateway, whose file and tables are left as they are; null while those are not made.
 * @param waitMs how long a statement waits while another connection writes.
 * @throws Error where the tables are those of another version too.
 */
export function openBesideGateway(file: string, waitMs: number): Connection | null {
  if (!existsSync(file)) return null;
  refuseWalOfAnother(file);
  using opened = new DisposableStack();
  try {
    const client = new Database(file, { timeout: waitMs, fileMustExist: true });
    opened.defer(() => void client.close());
    if (!hasMigrations(client)) return null;
    if (!hasTablesOfThisVersion(client))
      throw new Error(`The gateway that uses ${file} is of another version: run this command with that one.`);
    setUpToWrite(client, file);
    opened.move();
    return { client, db: drizzle({ client }) };
  } catch (error) {
    throw unusable(file, error);
  }
}

/**
 * Opens one more connection in a process that has opened the file already, as a gateway has. It cannot write; in WAL mode
 * it waits for nobody.
 * @param isStopped asked in the midst of a long statement, which fails where it says true: see `stoppable.ts`.
 * @throws Error that says what is wrong with the file.
 */
export function openReader(file: string, isStopped = () => false): Connection {
  requireFile(file);
  let opened: Database.Database | null = null;
  try {
    opened = new Database(file, { readonly: true });
    opened.pragma("busy_timeout = 0");
    if (!hasMigrations(opened))
      throw new Error(
        `${file} holds no store of Issuewire's: start a gateway on it once, or set DATABASE_URL to another file.`,
      );
  } catch (error) {
    opened?.close();
    throw unusable(file, error);
  }
  const client = opened;
  client.pragma("query_only = ON");
  // Pages that one question after the other needs: 32 MB instead of 2, for each connection.
  client.pragma("cache_size = -32768");
  letBeStopped(client, isStopped);
  return { client, db: withQuickRows(drizzle({ client: withPrepared(client) })) };
}

/** @throws Error where there is no such file. */
export function requireFile(file: string): void {
  if (!existsSync(file)) throw new Error(`There is no database file ${file}.`);
}

/** Characters of the statements that are remembered. A prepared one takes some ten bytes for each of them. */
const mostOfPrepared = 512 * 1024;

/**
 * The same connection, which prepares a statement once and runs it often: preparing takes longer than most questions do.
 * For Drizzle alone, which reads all rows at once and so never runs one statement within itself.
 *
 * To plan by their values, SQLite prepares a statement anew at every run where a parameter is a limit, or is what a
 * column is equal to while there is an order. What an expression is it does not look at, so each of those is made one:
 * `+` changes no value, text included (https://sqlite.org/lang_expr.html).
 */
export function withPrepared(client: Database.Database): Database.Database {
  const recent = createRecent<Database.Statement>(mostOfPrepared);
  const prepare = (text: string): Database.Statement =>
    recent(text, () => client.prepare(text.replaceAll(/( = | is |\blimit )\?/g, "$1+?")));
  return Object.create(client, { prepare: { value: prepare } }) as Database.Database;
}

/**
 * Proves that a commit syncs.
 *
 * On a fresh file the pragma reads FULL until the first write and NORMAL after it where the build's default for WAL is
 * NORMAL, so it is only worth asking once something was written.
 */
export function assertDurable(client: Database.Database): void {
  client.exec("begin immediate; update meta set value = value; commit");
  const synchronous = client.pragma("synchronous", { simple: true });
  const journal = client.pragma("journal_mode", { simple: true });
  if (synchronous !== 2 || journal !== "wal")
    throw new Error(
      `SQLite would not sync each commit (synchronous ${String(synchronous)}, ${String(journal)}).`,
    );
}

/** Leaves nothing in the WAL of what was erased or written anew while somebody was reading, as far as it can be. */
function finishWal(client: Database.Database): void {
  try {
    emptyWal(client);
  } catch (error) {
    // The disk is full or fails: what is in the WAL is safe there.
    if (codeOf(error) === null) throw error;
  }
}

function checkStructure(client: Database.Database, file: string): void {
  const found = client.pragma("quick_check(1)", { simple: true });
  if (found === "ok") return;
  throw new Error(
    `The database file ${file} is damaged (${String(found)}). Restore a backup, or run "sqlite3 ${file} .recover".`,
  );
}

function versionOf(client: Database.Database): string {
  return client.prepare("select sqlite_version()").pluck().get() as string;
}

function checkVersion(version: string): void {
  const parts = version.split(".").map(Number);
  for (const [index, least] of oldestSqlite.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) return;
    if (part < least)
      throw new Error(
        `SQLite ${version} can lose data under two connections: ${oldestSqlite.join(".")} is needed.`,
      );
  }
}
