import { Column, getTableColumns, is, Param, Placeholder, sql, type Query } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Connection } from "./connection.ts";

/** The values of a statement's placeholders, by name. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Prepares a statement that Drizzle has built, whose parameters are all placeholders, to be run with a row that has them
 * by name. Drizzle's own prepared statements fill their parameters one by one at every run; at thousands of rows a second
 * that costs as much as SQLite does.
 */
export function prepareRun(client: Connection["client"], built: { toSQL(): Query }): (row: Row) => void {
  const { statement, valuesOf } = prepare(client, built);
  return (row) => void statement.run(valuesOf(row));
}

/** As `prepareRun`, of a statement that finds one row, under the columns' own names; undefined for none. */
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

/** A placeholder of its own name for every column of the table. */
export function placeholdersOf<Table extends SQLiteTable>(table: Table): Table["$inferInsert"] {
  const entries = Object.keys(getTableColumns(table)).map((name): [string, Placeholder] => [
    name,
    sql.placeholder(name),
  ]);
  // Drizzle takes a placeholder wherever it takes a value; its types cannot say so of all columns at once.
  return Object.fromEntries(entries) as Table["$inferInsert"];
}

/** Those of this name alone. */
export function pick<Whole extends object>(whole: Whole, names: readonly (keyof Whole)[]): Partial<Whole> {
  // Only what is asked for is left, so nothing is missing of the partial type.
  return Object.fromEntries(names.map((name) => [name, whole[name]])) as Partial<Whole>;
}
