import { closeSync, openSync, statSync, type Stats } from "node:fs";
import { dirname, resolve } from "node:path";
import Database from "better-sqlite3";
import { drizzle, type BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { createBoundedCache } from "../bounded-cache.ts";
import { emptyWal } from "./empty-wal.ts";
import { codeOf, unusable } from "./error.ts";
import { journalOf } from "./same-file.ts";
import { checkTables, hasMigrations, migrate, versionOfTables } from "./migrate.ts";
import { unprobe } from "./probe.ts";
import { withQuickRows } from "./quick-rows.ts";
import { openSearch } from "./search.ts";
import { letBeStopped } from "./stoppable.ts";

/** A connection to one SQLite file. Its statements run synchronously, on the calling thread. */
export type Connection = {
  readonly client: Database.Database;
  readonly db: BetterSQLite3Database;
};

/** The oldest SQLite whose WAL is safe under two connections (https://sqlite.org/wal.html#walresetbug). */
const oldestSqlite = [3, 51, 3] as const;

/**
 * The largest file that is checked when it is opened, in a second or so. A file of a million issues takes a minute:
 * `doctor` checks it.
 */
const checkedBytes = 128 * 1024 * 1024;

/**
 * Opens the one connection that writes, creating the file if it is missing, and brings the tables up to date.
 *
 * A commit returns once it is on disk. Once opened, the connection never waits for another process's lock: the
 * statement fails with SQLITE_BUSY, because waiting would block the event loop.
 * @throws Error that says what is wrong with the file and what to do.
 */
export function openWriter(file: string): Connection {
  let client: Database.Database | null = null;
  try {
    if (statsOf(file) === null) makePrivate(file);
    refuseUnsafe(file);
    client = new Database(file);
    checkVersion(versionOf(client));
    client.pragma("busy_timeout = 2000");
    // Before anything is changed: the file of another program has to stay as it is.
    checkTables(client, file);
    client.pragma("journal_mode = WAL");
    setUpToWrite(client, file);
    // A page cache of 64 MB instead of 2, for pages that later commits touch again.
    client.pragma("cache_size = -65536");
    // Truncates a WAL that has grown during a long read. A WAL of everyday size is not truncated but written over.
    client.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
    finishWal(client);
    if (statSync(file).size <= checkedBytes) checkStructure(client, file);
    const db = drizzle({ client: withPrepared(client) });
    migrate(client);
    openSearch(client);
    // A probe that a crash has left.
    client.exec(unprobe);
    assertDurable(client);
    client.pragma("busy_timeout = 0");
    return { client, db };
  } catch (error) {
    client?.close();
    throw unusable(file, error);
  }
}

/** The settings of every connection that writes. */
function setUpToWrite(client: Database.Database, file: string): void {
  client.pragma("synchronous = FULL");
  // On macOS fsync leaves the data in the drive's cache; elsewhere the pragma does nothing.
  client.pragma("fullfsync = ON");
  // Overwrites in the file what is packed, changed, dropped or erased.
  client.pragma("secure_delete = ON");
  // For the whole process. Another folder may be missing, read-only or too small; and the message that the database's
  // disk may be full has to be right for temporary files too.
  client.pragma(`temp_store_directory = '${resolve(dirname(file)).replaceAll("'", "''")}'`);
}

/**
 * Creates an empty file that only its owner may read: SQLite's own would be readable by everybody on the machine.
 * SQLite gives the files that it keeps beside a database the same permissions.
 */
export function makePrivate(file: string): void {
  closeSync(openSync(file, "a", 0o600));
}

/**
 * Refuses an existing file that opening could damage. To be called before this process opens it: closing a file
 * releases all locks of the process on it, SQLite's included.
 * @throws Error that says what to do.
 */
function refuseUnsafe(file: string): void {
  refuseSecondName(file);
  refuseWalOfAnother(file);
}

/**
 * Refuses a file that has a second name. WAL and lock are beside a name: by another one, a second gateway would write
 * over what this one has acknowledged.
 */
function refuseSecondName(file: string): void {
  // Some network file systems count none.
  if (statSync(file).nlink <= 1) return;
  throw new Error(
    `${file} has a second name (a hard link, as made by "ln" or "cp -al"). That is not a copy: two gateways could write to the same database. Remove the other name; or stop the gateway, copy the file, and move the copy over ${file}.`,
  );
}

/**
 * Refuses a backup that was put back beside the WAL of the database before it. SQLite would take that WAL for the
 * file's own, and opening the backup would damage it. A backup says in its header that it has no WAL.
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
    `${file} was restored from a backup, but files of the earlier database are still beside it: stop the gateway, if one runs, remove ${file}-wal and ${file}-shm, and try again.`,
  );
}

/**
 * Opens an existing store, for a command to read it. This process must not have the file open already.
 * @throws Error that says what is wrong with the file.
 */
export function openForCommand(file: string): Connection {
  requireFile(file);
  refuseUnsafe(file);
  return openReader(file);
}

/**
 * Opens an existing store, for a command to write to it beside a gateway. Neither creates nor migrates anything. If a
 * gateway that begins may still do so, it returns the error to throw if it does not.
 * @param waitMs how long a statement waits while another connection writes.
 * @throws Error that says what is wrong with the file, also if its tables are those of a newer version.
 */
export function openBesideGateway(file: string, waitMs: number): Connection | Error {
  const beingMade = new Error(
    `Another process, such as a gateway that has just been started, is making ${file}: try again in a moment.`,
  );
  if (statsOf(file) === null) return beingMade;
  refuseUnsafe(file);
  using opened = new DisposableStack();
  try {
    const client = new Database(file, { timeout: waitMs, fileMustExist: true });
    opened.defer(() => void client.close());
    if (!hasMigrations(client)) return beingMade;
    const version = versionOfTables(client);
    if (version !== "this") {
      const ofAnother = new Error(
        `The gateway that uses ${file} runs another version, or is still upgrading it: run this command with that version, or try again in a moment.`,
      );
      if (version === "older") return ofAnother;
      throw ofAnother;
    }
    setUpToWrite(client, file);
    opened.move();
    return { client, db: drizzle({ client }) };
  } catch (error) {
    throw unusable(file, error);
  }
}

/**
 * Opens one more connection, which cannot write, in a process that has the file open already, as a gateway has. In WAL
 * mode it waits for nobody.
 * @param isStopped polled during long statements, which fail once it returns true: see `stoppable.ts`.
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
        `${file} contains no Issuewire store: start a gateway on it once, or set DATABASE_URL to another file.`,
      );
  } catch (error) {
    opened?.close();
    throw unusable(file, error);
  }
  const client = opened;
  client.pragma("query_only = ON");
  // A page cache of 32 MB instead of 2, for each connection: questions need many of the same pages.
  client.pragma("cache_size = -32768");
  letBeStopped(client, isStopped);
  return { client, db: withQuickRows(drizzle({ client: withPrepared(client) })) };
}

/** @throws Error if there is no such file, or none that can be a database. */
export function requireFile(file: string): void {
  if (statsOf(file) === null) throw new Error(`There is no database file ${file}.`);
}

/**
 * Null if there is no such file.
 * @throws Error that says what to do if it cannot be reached, or is no file: opening a pipe would wait for ever.
 */
function statsOf(file: string): Stats | null {
  let found: Stats | undefined;
  try {
    found = statSync(file, { throwIfNoEntry: false });
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const isForbidden = ["EACCES", "EPERM"].includes(code);
    const remedy = isForbidden
      ? "let this user enter every folder on the way to it"
      : "set DATABASE_URL to another file";
    throw new Error(`${file} cannot be reached (${code}): ${remedy}.`, { cause });
  }
  if (found?.isFile() === false)
    throw new Error(
      `${file} is ${found.isDirectory() ? "a folder" : "not a file"}: move it away, or set DATABASE_URL to another file.`,
    );
  return found ?? null;
}

/** The bound of the statement cache, in characters of SQL. A prepared statement takes some ten bytes for each. */
const mostOfPrepared = 512 * 1024;

/**
 * The same connection with a cache of prepared statements: preparing one takes longer than most questions do. Only for
 * Drizzle, which reads all rows at once and so never runs a statement within itself.
 *
 * If a parameter is a limit, or equals a column beside an ORDER BY, SQLite prepares the statement again at every run,
 * to plan by the value. It does not do so for expressions, so these parameters are made expressions: unary `+` changes
 * no value, text included (https://sqlite.org/lang_expr.html).
 */
export function withPrepared(client: Database.Database): Database.Database {
  const recent = createBoundedCache<Database.Statement>(mostOfPrepared);
  const prepare = (text: string): Database.Statement =>
    recent(text, () => client.prepare(text.replaceAll(/( = | is |\blimit )\?/g, "$1+?")));
  return Object.create(client, { prepare: { value: prepare } }) as Database.Database;
}

/**
 * Asserts that a commit syncs.
 *
 * If the build's default for WAL is NORMAL, the pragma reads FULL on a fresh file until the first write, and NORMAL
 * after it. So it is asked only once something is written.
 * @throws Error if a commit would not sync.
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

/** Empties the WAL if it can: while somebody was reading, erased or rewritten content may have stayed there. */
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

/** @throws Error if this version of SQLite can lose data. */
export function checkVersion(version: string): void {
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
