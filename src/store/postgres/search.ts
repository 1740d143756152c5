import { sql } from "drizzle-orm";
import type pg from "pg";
import type { Connection } from "./ask.ts";
import { codeOf } from "./error.ts";
import { beginUnhurried } from "./unhurried.ts";
import { toReadAndSort, type IssuesTable, type Narrowing } from "../dialect.ts";

/** Where the extension is, as SQL names it; no row where it is not. */
const schemaOfTrigrams =
  "select quote_ident(nspname) as schema from pg_extension join pg_namespace n on n.oid = extnamespace where extname = 'pg_trgm'";

/** True where there is an index of the issues' texts that is whole. */
export async function hasTextIndex(connection: Connection): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: "select from pg_index where indexrelid = to_regclass(quote_ident(current_schema()) || '.issues_by_text') and indisvalid",
  });
  return rowCount === 1;
}

/**
 * Makes the index of the issues' texts in tables that nobody writes to yet, where it may be made: trigrams of the folded
 * columns, by the extension `pg_trgm`. Without it a search tries every issue's row.
 *
 * To be called in a transaction, which goes on either way.
 * @throws Error where it fails otherwise than by not being allowed or available.
 */
export async function makeTextIndex(client: pg.ClientBase): Promise<void> {
  await client.query("savepoint text_index");
  if (await hasTrigrams(client)) await client.query(await textIndex(client, "create index"));
  else await client.query("rollback to savepoint text_index");
}

/** True where the index of the issues' texts may be made beside those who write. */
export async function mayMakeTextIndex(client: pg.ClientBase): Promise<boolean> {
  await beginUnhurried(client);
  const may = await hasTrigrams(client);
  await client.query(may ? "commit" : "rollback");
  return may;
}

/**
 * Makes it, beside all who read and write, and takes away first what is left of one that was not finished. One at a time:
 * two would wait for each other.
 * @throws Error with the code `lockNotAvailable` where somebody else has the table for too long.
 */
export async function makeTextIndexBeside(client: pg.ClientBase): Promise<void> {
  await beginUnhurried(client);
  try {
    await client.query(`set local lock_timeout = ${waitMs}`);
    // It is still being made where the one who had it made is gone.
    await client.query("lock table issues in share update exclusive mode");
    if (!(await hasTextIndex(client))) await client.query("drop index if exists issues_by_text");
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
  // No transaction can be around it, so that behind a pooler it has no longer than the role's statements may take.
  await client.query(await textIndex(client, "create index concurrently if not exists"));
}

/** How long the table is waited for. Whoever comes after one that waits waits behind it, such as batches. */
const waitMs = 300;

/** Makes the extension where it is missing. False where the role may not, or it cannot be had: the transaction is broken then. */
async function hasTrigrams(client: pg.ClientBase): Promise<boolean> {
  try {
    // Two that make it at once would both fail.
    await client.query("select pg_advisory_xact_lock(hashtextextended('issuewire pg_trgm', 0))");
    // One extension serves every schema of a database, so it is not to go when one of them does.
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

/** The role may not, the server has no such extension or not its files, or the database has no schema `public` for it. */
const notAvailable = ["42501", "0A000", "58P01", "3F000"];

/** True where the database knows letters of other scripts: by others it makes no trigrams, and an index is of no use. */
export async function knowsScripts(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query({ text: schemaOfTrigrams });
  const [extension] = rows as readonly { readonly schema: string }[];
  try {
    const { rowCount } = await connection.query({
      text: `select 1 where cardinality(${extension!.schema}.show_trgm('検索結果')) > 0`,
    });
    return rowCount === 1;
  } catch (error) {
    // Its encoding has no such letters. Where it may not be asked, nobody knows.
    return codeOf(error) !== "22P05";
  }
}

/** The issues whose texts hold `text`; null where that has no trigram, being shorter than three characters. */
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
