import { sql } from "drizzle-orm";
import type pg from "pg";
import type { Connection } from "./drizzle-over.ts";
import { codeOf } from "./error.ts";
import { beginWithoutTimeouts } from "./without-timeouts.ts";
import { toReadAndSort, type IssuesTable, type Narrowing } from "../dialect.ts";

/** Selects the schema of the extension, quoted for SQL; no row if there is none. */
const schemaOfTrigrams =
  "select quote_ident(nspname) as schema from pg_extension join pg_namespace n on n.oid = extnamespace where extname = 'pg_trgm'";

/** True if there is a valid index of the issues' texts. */
export async function hasTextIndex(connection: Connection): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: "select from pg_index where indexrelid = to_regclass(quote_ident(current_schema()) || '.issues_by_text') and indisvalid",
  });
  return rowCount === 1;
}

/**
 * Creates the index of the issues' texts, if the role may and the server can, in tables that nobody writes to yet. It
 * holds the trigrams of the folded columns, by the extension `pg_trgm`. Without it a search tries every issue's row.
 *
 * To be called in a transaction, which goes on either way.
 * @throws Error if it fails for another reason than that it is not allowed or not available.
 */
export async function makeTextIndex(client: pg.ClientBase): Promise<void> {
  await client.query("savepoint text_index");
  if (await hasTrigrams(client)) await client.query(await textIndex(client, "create index"));
  else await client.query("rollback to savepoint text_index");
}

/** Creates the extension if it is missing. True if the index can then be created. */
export async function mayMakeTextIndex(client: pg.Client): Promise<boolean> {
  await beginWithoutTimeouts(client);
  const may = await hasTrigrams(client);
  await client.query(may ? "commit" : "rollback");
  return may;
}

/**
 * Creates the index while others read and write. First drops what is left of one that was not finished. One caller at a
 * time: two would wait for each other.
 * @throws Error with the code `lockNotAvailable` if somebody else has the table for too long.
 */
export async function makeTextIndexBeside(client: pg.Client): Promise<void> {
  await beginWithoutTimeouts(client);
  try {
    await client.query(`set local lock_timeout = ${waitMs}`);
    // Fails while the server still creates the index for a client that is gone.
    await client.query("lock table issues in share update exclusive mode");
    if (!(await hasTextIndex(client))) await client.query("drop index if exists issues_by_text");
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
  // It cannot run in a transaction, so behind a pooler the role's statement_timeout holds for it.
  await client.query(await textIndex(client, "create index concurrently if not exists"));
}

/** How long to wait for the lock on the table. Others queue behind this wait, such as batches. */
const waitMs = 300;

/**
 * Creates the extension if it is missing. False if the role may not, or it is not available: then the transaction has
 * failed.
 */
async function hasTrigrams(client: pg.ClientBase): Promise<boolean> {
  try {
    // Two transactions that create it at once would get in each other's way.
    await client.query("select pg_advisory_xact_lock(hashtextextended('issuewire pg_trgm', 0))");
    // One extension serves every schema of a database, so it must not be dropped with one of them.
    await client.query("create extension if not exists pg_trgm schema public");
    return true;
  } catch (error) {
    if (notAvailable.includes(codeOf(error) ?? "")) return false;
    throw error;
  }
}

async function textIndex(client: pg.ClientBase, create: string): Promise<string> {
  const { rows } = await client.query<{ schema: string }>(schemaOfTrigrams);
  const trigrams = `${rows[0]!.schema}.gin_trgm_ops`;
  return `${create} issues_by_text on issues using gin
    (title_folded ${trigrams}, culprit_folded ${trigrams}, short_id_folded ${trigrams})`;
}

/** The role may not; the server lacks the extension or its files; the database has no schema `public`. */
const notAvailable = ["42501", "0A000", "58P01", "3F000"];

/**
 * True if the database knows letters of other scripts. Otherwise they have no trigrams, and the index is of no use for
 * them.
 */
export async function knowsScripts(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query({ text: schemaOfTrigrams });
  const [extension] = rows as readonly { readonly schema: string }[];
  try {
    const { rowCount } = await connection.query({
      text: `select 1 where cardinality(${extension!.schema}.show_trgm('検索結果')) > 0`,
    });
    return rowCount === 1;
  } catch (error) {
    // 22P05: the encoding has no such letters. If the question fails otherwise, nobody knows.
    return codeOf(error) !== "22P05";
  }
}

/** The issues whose texts hold `text`. Null if that is shorter than three characters, and so has no trigram. */
export function containing(issues: IssuesTable, text: string): Narrowing | null {
  if (Array.from(text).length < 3) return null;
  const pattern = `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
  const columns = [issues.titleFolded, issues.culpritFolded, issues.shortIdFolded];
  const alike = sql.join(
    columns.map((column) => sql`${column} like ${pattern}`),
    sql` or `,
  );
  const condition = sql`(${alike})`;
  return { condition, found: sql`select 1 from ${issues} where ${condition}`, ...toReadAndSort };
}
