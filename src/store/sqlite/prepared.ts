import { Column, getTableColumns, is, Param, Placeholder, sql, type Query } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Connection } from "./connection.ts";

/** The values of a statement's placeholders, by name. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Prepares a statement that Drizzle has built, to be run with a row that has the values of its placeholders by name.
 * Drizzle's own prepared statements fill in their parameters one by one at every run. At thousands of rows a second
 * that costs as much as SQLite does.
 * @throws TypeError if a parameter is not a placeholder.
 */
export function prepareRun(client: Connection["client"], built: { toSQL(): Query }): (row: Row) => void {
  const { statement, valuesOf } = prepare(client, built);
  return (row) => void statement.run(valuesOf(row));
}

/**
 * As `prepareRun`, for a statement that finds one row. Returns it under the columns' names in the database; undefined
 * for none.
 */
export function prepareGet<Found>(
  client: Connection["client"],
  built: { toSQL(): Query },
): (row: Row) => Found | undefined {
  const { statement, valuesOf } = prepare(client, built);
  // The caller knows what it selects.
  return (row) => statement.get(valuesOf(row)) as Found | undefined;
}

function prepare(client: Connection["client"], built: { toSQL(): Query }) {
  const { sql: text, params } = built.toSQL();
  const parameters = params.map((param) => {
    const value = is(param, Param) ? param.value : param;
    if (!is(value, Placeholder)) throw new TypeError("A prepared statement takes placeholders only.");
    const encoder = is(param, Param) ? param.encoder : null;
    const isAsItIs = encoder === null || encoder.mapToDriverValue === Column.prototype.mapToDriverValue;
    return { name: value.name, encoder: isAsItIs ? null : encoder };
  });
  return {
    statement: client.prepare<unknown[]>(text),
    valuesOf(row: Row): unknown[] {
      return parameters.map(({ name, encoder }) => {
        const value = row[name];
        return encoder === null || value === null ? value : encoder.mapToDriverValue(value);
      });
    },
  };
}

/** A placeholder for each column of the table, with the column's name in rows. */
export function placeholdersOf<Table extends SQLiteTable>(table: Table): Table["$inferInsert"] {
  const entries = Object.keys(getTableColumns(table)).map((name): [string, Placeholder] => [
    name,
    sql.placeholder(name),
  ]);
  // Drizzle takes a placeholder for any value; its types cannot say so of all columns at once.
  return Object.fromEntries(entries) as Table["$inferInsert"];
}

/** The properties with these names. */
export function pick<Whole extends object>(whole: Whole, names: readonly (keyof Whole)[]): Partial<Whole> {
  // Each name is a key of `whole`, so these are some of its properties.
  return Object.fromEntries(names.map((name) => [name, whole[name]])) as Partial<Whole>;
}
