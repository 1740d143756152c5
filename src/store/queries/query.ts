import { asc, desc, sql, type Placeholder, type SQL } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { Json } from "../../domain/issue.ts";
import type { Aggregates } from "../aggregates.ts";
import type { Dialect } from "../dialect.ts";
import type { Direction, Page, PageRequest } from "../reader.ts";
import { createRecent } from "../recent.ts";
import type * as tables from "../tables/sqlite.ts";

/**
 * What every query is asked of. Queries are written once, against SQLite's types: the builder and the rows are the same
 * for PostgreSQL, whose database and tables come in here through one cast.
 */
export type Asked = {
  readonly db: BetterSQLite3Database;
  readonly tables: typeof tables;
  readonly dialect: Dialect;
  readonly aggregates: Aggregates;
  /** The newest position ever handed out, of an entry that may be gone. */
  readonly newestPosition: () => Promise<number>;
  /** What a question fails with when the database does; null for an error that is not the database's. */
  readonly failureIn: (error: unknown) => Error | null;
  /** The issue object in a kept body. */
  readonly issueObjectOf: (body: Uint8Array) => Json;
  /** Told of a pack that cannot be read, or of what a delivery held, when it is first asked for: it counts as gone. */
  readonly onUnreadable: (error: Error) => void;
};

/** What of it the database does not know. */
export type ReaderOptions = Pick<Asked, "issueObjectOf"> & Partial<Pick<Asked, "onUnreadable">>;

/** The page that these rows are, read one row further than its limit from the end that it is taken from. */
export function pageFrom<Row>(
  rows: readonly Row[],
  { limit, from }: Pick<PageRequest<unknown>, "limit" | "from">,
) {
  const kept = rows.slice(0, limit);
  const page: Page<Row> = { rows: from === "first" ? kept : kept.toReversed(), more: rows.length > limit };
  return page;
}

/** How a list in this direction is read for a page: taking from the end reads it backwards. */
export function readFrom(from: PageRequest<unknown>["from"], direction: Direction): typeof asc {
  return (direction === "ASC") === (from === "first") ? asc : desc;
}

/** How the keys that come after another one in a list in this direction compare with it, then those before it. */
export function sidesIn(direction: Direction): readonly [behind: SQL, ahead: SQL] {
  return direction === "ASC" ? [sql`>`, sql`<`] : [sql`<`, sql`>`];
}

type Prepared<Row> = { execute(values: Record<string, unknown>): PromiseLike<Row[]> | Row[] };

/** Characters of the forms that are remembered. What is built for a filter takes some 500 bytes for each of them. */
const mostOfForms = 64 * 1024;

/**
 * A question that comes in many forms, built once for each: building the text of a page takes longer than reading it. The
 * forms that were unused for longest are forgotten. `build` gives the question with placeholders for `values`.
 */
export function askedInForms<Row>(): (
  form: string,
  build: () => PromiseLike<Row[]> & { prepare(name?: string): unknown },
  values: Record<string, unknown>,
) => Promise<readonly Row[]> {
  const recent = createRecent<Prepared<Row>>(mostOfForms);
  // Both databases' statements have it; PostgreSQL's without a name is not kept by the server.
  return async (form, build, values) =>
    recent(form, () => build().prepare() as Prepared<Row>).execute(values);
}

/** More keys than a page has come seldom, and are asked for as they come. */
const maxPreparedKeys = 100;

/**
 * A question for the rows that have one of some keys, built once for each number of keys: building the text of a small
 * question takes longer than answering it.
 *
 * @param name of its own among all questions.
 */
export function askedByKeys<Row>(
  name: string,
  build: (keys: Placeholder[]) => PromiseLike<Row[]> & { prepare(name?: string): unknown },
): (keys: readonly string[]) => Promise<readonly Row[]> {
  const known = new Map<number, Prepared<Row>>();
  const placeholders = (count: number) =>
    Array.from({ length: count }, (_, at) => sql.placeholder(`key${at}`));
  return async (keys) => {
    const count = keys.length;
    // Both databases' statements have it; only PostgreSQL's need the name.
    const prepared =
      known.get(count) ?? (build(placeholders(count)).prepare(`${name}_${count}`) as Prepared<Row>);
    if (count <= maxPreparedKeys) known.set(count, prepared);
    return prepared.execute(Object.fromEntries(keys.map((key, at) => [`key${at}`, key])));
  };
}

/** Rows by a key of theirs; of several with one key, all in their order. */
export function grouped<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}
