import { sql } from "drizzle-orm";
import type pg from "pg";
import type { Connection } from "./ask.ts";
import { codeOf } from "./error.ts";
import { toReadAndSort, type IssuesTable, type Narrowing } from "../filter-sql.ts";

/** Where the extension is, as SQL names it; no row where it is not. */
const schemaOfTrigrams =
  "select quote_ident(nspname) as schema from pg_extension join pg_namespace n on n.oid = extnamespace where extname = 'pg_trgm'";

/**
 * Makes the index of the issues' texts where it is missing and may be made: trigrams of the folded columns, by the
 * extension `pg_trgm`. False where the role may not create that, or it cannot be had; a search then tries every issue's
 * row.
 *
 * To be called in a transaction, which goes on either way.
 * @throws Error where it fails otherwise, as on a full disk: a start that is tried again may make it.
 */
export async function openSearch(client: pg.ClientBase): Promise<boolean> {
  await client.query("savepoint search");
  try {
    const known = await client.query(
      "select where to_regclass(quote_ident(current_schema()) || '.issues_by_text') is not null",
    );
    if (known.rowCount === 0) {
      // Two that make it at once would both fail.
      await client.query("select pg_advisory_xact_lock(hashtextextended('issuewire pg_trgm', 0))");
      // One extension serves every schema of a database, so it is not to go when one of them does.
      await client.query("create extension if not exists pg_trgm schema public");
      const { rows } = await client.query<{ schema: string }>(schemaOfTrigrams);
      const trigrams = `${rows[0]!.schema}.gin_trgm_ops`;
      await client.query(
        `create index issues_by_text on issues using gin
         (title_folded ${trigrams}, culprit_folded ${trigrams}, short_id_folded ${trigrams})`,
      );
    }
    await client.query("release savepoint search");
    return true;
  } catch (error) {
    await client.query("rollback to savepoint search");
    if (notAvailable.includes(codeOf(error) ?? "")) return false;
    throw error;
  }
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
