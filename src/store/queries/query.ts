import { asc, desc, sql, type Placeholder, type SQL } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { Json } from "../../domain/issue.ts";
import type { Aggregates } from "../aggregates.ts";
import type { Dialect } from "../dialect.ts";
import type { Direction, Page, PageRequest } from "../reader.ts";
import { createBoundedCache } from "../bounded-cache.ts";
import type * as tables from "../tables/sqlite.ts";

/**
 * What queries are made with. They are written once, against SQLite's types: the builder and the rows are the same for
 * PostgreSQL, whose database and tables come in here through one cast.
 */
export type QueryContext = {
  readonly db: BetterSQLite3Database;
  readonly tables: typeof tables;
  readonly dialect: Dialect;
  readonly aggregates: Aggregates;
  /** The newest position ever handed out, even if its entry is gone. */
  readonly newestPosition: () => Promise<number>;
  /** The error that a query fails with if the database does; null for an error that is not the database's. */
  readonly questionFailure: (error: unknown) => Error | null;
  /** The issue object in a kept body. */
  readonly issueObjectOf: (body: Uint8Array) => Json;
  /** Called when a pack, or what a delivery held, is first found to be unreadable: it counts as gone. */
  readonly onUnreadable: (error: Error) => void;
};

/** The parts that do not depend on the database. */
export type ReaderOptions = Pick<QueryContext, "issueObjectOf"> & Partial<Pick<QueryContext, "onUnreadable">>;

/** Makes a page of rows that were read from the end that it is taken from, one row further than its limit. */
export function pageFrom<Row>(
  rows: readonly Row[],
  { limit, from }: Pick<PageRequest<unknown>, "limit" | "from">,
) {
  const kept = rows.slice(0, limit);
  const page: Page<Row> = { rows: from === "first" ? kept : kept.toReversed(), more: rows.length > limit };
  return page;
}

/** The order in which a list in this direction is read for a page: taking from the end reads it backwards. */
export function readFrom(from: PageRequest<unknown>["from"], direction: Direction): typeof asc {
  return (direction === "ASC") === (from === "first") ? asc : desc;
}

/** The operators by which keys after another one, in a list in this direction, compare with it, and those before it. */
export function sidesIn(direction: Direction): readonly [behind: SQL, ahead: SQL] {
  return direction === "ASC" ? [sql`>`, sql`<`] : [sql`<`, sql`>`];
}

type Prepared<Row> = { execute(values: Record<string, unknown>): PromiseLike<Row[]> | Row[] };

/** Most characters of all forms that are cached. A prepared statement takes some 500 bytes for each. */
const mostOfForms = 64 * 1024;

/**
 * An LRU cache of prepared queries, by their form: building the SQL of a page takes longer than reading it. `build`
 * returns the query with placeholders for `values`.
 */
export function askedInForms<Row>(): (
  form: string,
  build: () => PromiseLike<Row[]> & { prepare(name?: string): unknown },
  values: Record<string, unknown>,
) => Promise<readonly Row[]> {
  const recent = createBoundedCache<Prepared<Row>>(mostOfForms);
  // Both databases' queries have `prepare`. PostgreSQL's server keeps no statement: see `drizzleOver`.
  return async (form, build, values) =>
    recent(form, () => build().prepare() as Prepared<Row>).execute(values);
}

/** Queries for more keys than a page has are rare, and not kept. */
const maxPreparedKeys = 100;

/**
 * A query for the rows that have one of some keys, prepared once for each number of keys: building the SQL of a small
 * query takes longer than answering it.
 *
 * @param name begins the names of its prepared queries; unique among all queries.
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
    // Both databases' queries have `prepare`. Drizzle wants a name for PostgreSQL's, which `drizzleOver` does not send.
    const prepared =
      known.get(count) ?? (build(placeholders(count)).prepare(`${name}_${count}`) as Prepared<Row>);
    if (count <= maxPreparedKeys) known.set(count, prepared);
    return prepared.execute(Object.fromEntries(keys.map((key, at) => [`key${at}`, key])));
  };
}

/** Groups rows by a key, in their order. */
export function grouped<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}
