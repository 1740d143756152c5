import { join } from "node:path";
import { readMigrationFiles, type MigrationMeta } from "drizzle-orm/migrator";
import type pg from "pg";
import { howToRun } from "../../program/how-to-run.ts";
import { packageFolder } from "../../program/package-folder.ts";
import { metaNames } from "../meta.ts";
import { codeOf, lockNotAvailable, notPermitted } from "./error.ts";
import { locksOf } from "./locks.ts";
import { idleLimit } from "./pools.ts";
import { promptly } from "./promptly.ts";
import { makeTextIndex } from "./search.ts";
import { beginWithoutTimeouts } from "./without-timeouts.ts";

export type MigrateOptions = {
  /** Opens a store with an unfinished copy too, as it is. */
  readonly isForCopy?: boolean;
  /** If there is no store, none is made. */
  readonly mustExist?: boolean;
  /** Called each time `lockMs` have passed while somebody else makes or changes the tables. */
  readonly held?: () => void;
  /** How long to wait for these until `held` is called and the wait begins again. */
  readonly lockMs?: number;
};

/**
 * How long to wait for the lock on a table that is to be changed. Others queue behind this wait, such as the batches of
 * the replicas, which give up after half a second.
 */
const waitMs = 300;

const migrationsFolder = join(packageFolder, "drizzle/postgres");

/**
 * Brings the tables up to date, in one transaction with a lock of its own. If several replicas start at once, the first
 * one does it, and the others wait and find it done.
 * @returns the schema that they are in.
 * @throws Error that says what is wrong with the database and what to do.
 */
export async function migrate(
  client: pg.Client,
  { isForCopy = false, mustExist = false, held = () => {}, lockMs = 5_000 }: MigrateOptions = {},
): Promise<string> {
  const schema = await promptly(client, currentSchema(client));
  if (schema === null)
    throw new Error("The role's search_path names no schema that exists: create one, or set search_path.");
  if (mustExist && !(await hasStore(client)))
    throw new Error("There is no store in this database: start a gateway on it.");
  await beginWithoutTimeouts(client);
  try {
    // Everything is created, changed and dropped in this schema: others of the search_path may hold the same names.
    const settings = `${idleLimit}; set local search_path = ${client.escapeIdentifier(schema)}`;
    await promptly(client, client.query(settings));
    while (!(await promptly(client, hasLocked(client, locksOf(schema).store, lockMs)))) held();
    const { missing, areNew } = await promptly(client, missingMigrations(client));
    if (missing.length > 0) await applyMigrations(client, missing);
    if (!isForCopy && (await promptly(client, isCopying(client))))
      throw new Error(`A copy into this database is not finished: run "${howToRun("copy")}" again.`);
    if (areNew) await makeTextIndex(client);
    await promptly(client, client.query("commit"));
    return schema;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    const code = codeOf(error);
    if (code === lockNotAvailable)
      throw new Error(
        "The tables cannot be migrated while something, such as a backup, reads or locks them for long: start again when it has finished.",
        { cause: error },
      );
    // A table exists already (42P07), or lacks a column of ours (42703).
    if (code === "42P07" || code === "42703")
      throw new Error(
        `The schema ${schema} holds the tables of another program: name an empty database, or an empty schema by ?options=-c%20search_path%3Dname.`,
        { cause: error },
      );
    if (code !== notPermitted) throw error;
    if (await mayCreateIn(client, schema))
      throw new Error(
        `The tables in the schema ${schema} belong to another role, as after a restore by somebody else: make this role the owner of the tables, the sequence and the functions there.`,
        { cause: error },
      );
    throw new Error(
      `The role may not create tables in the schema ${schema}: GRANT CREATE ON SCHEMA ${schema} to it, or make it the owner of a schema of its own.`,
      { cause: error },
    );
  }
}

async function mayCreateIn(client: pg.ClientBase, schema: string): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>("select has_schema_privilege($1, 'create') as may", [
    schema,
  ]);
  return rows[0]!.may;
}

async function currentSchema(client: pg.ClientBase): Promise<string | null> {
  const { rows } = await client.query<{ schema: string | null }>("select current_schema() as schema");
  return rows[0]!.schema;
}

/** True if the current schema holds a store. */
export async function hasStore(client: pg.Client): Promise<boolean> {
  const text = "select where to_regclass(quote_ident(current_schema()) || '.meta') is not null";
  const { rowCount } = await promptly(client, client.query(text));
  return rowCount === 1;
}

/** True if the tables have seen the migrations that this version has, and no others. */
export async function hasTablesOfThisVersion(client: pg.ClientBase): Promise<boolean> {
  const { rowCount } = await client.query("select from migrations");
  return rowCount === readMigrationFiles({ migrationsFolder }).length;
}

/** True if a copy into this database was begun and is not finished. */
export async function isCopying(client: pg.ClientBase): Promise<boolean> {
  const { rowCount } = await client.query("select 1 from meta where name = $1", [metaNames.copying]);
  return rowCount === 1;
}

/** Takes the lock until the transaction ends. False if it was not granted in time. */
async function hasLocked(client: pg.ClientBase, lock: bigint, waitMs: number): Promise<boolean> {
  await client.query(`savepoint waiting; set local lock_timeout = ${waitMs}`);
  try {
    await client.query("select pg_advisory_xact_lock($1)", [lock]);
    await client.query("release savepoint waiting; set local lock_timeout = 0");
    return true;
  } catch (error) {
    if (codeOf(error) !== lockNotAvailable) throw error;
    await client.query("rollback to savepoint waiting");
    return false;
  }
}

/** The migrations that are to be applied. All of them are, to tables that are new, if there were none yet. */
async function missingMigrations(
  client: pg.ClientBase,
): Promise<{ readonly missing: readonly MigrationMeta[]; readonly areNew: boolean }> {
  const migrations = readMigrationFiles({ migrationsFolder });
  await client.query(
    `create table if not exists migrations (made_at bigint primary key, sha256 text not null)`,
  );
  const { rows } = await client.query<{ made_at: number }>("select made_at from migrations");
  const applied = new Set(rows.map((row) => row.made_at));
  const newest = migrations.at(-1)!.folderMillis;
  const beyond = rows.find((row) => row.made_at > newest);
  if (beyond !== undefined)
    throw new Error("The tables are those of a newer version of Issuewire: start that, or restore a backup.");
  // The copy has dropped indexes that migrations change, and will create them as the older version had them.
  if (applied.size > 0 && applied.size < migrations.length && (await isCopying(client)))
    throw new Error(
      "A copy into this database was started by an older version of Issuewire: finish it with that version, or name an empty schema.",
    );
  const missing = migrations.filter(({ folderMillis }) => !applied.has(folderMillis));
  return { missing, areNew: applied.size === 0 };
}

async function applyMigrations(client: pg.Client, migrations: readonly MigrationMeta[]): Promise<void> {
  await promptly(client, client.query(`set local lock_timeout = ${waitMs}`));
  for (const { folderMillis, hash, sql } of migrations) {
    for (const statement of sql) await client.query(statement);
    await client.query("insert into migrations (made_at, sha256) values ($1, $2)", [folderMillis, hash]);
  }
  await promptly(client, client.query("set local lock_timeout = 0"));
}
