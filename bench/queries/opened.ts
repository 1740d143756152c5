import pg from "pg";
import { issueObjectOf } from "../../src/sentry/raw-issue.ts";
import type { IssueKey, IssueOrder, Reader } from "../../src/store/reader.ts";
import { setForSession } from "../../src/store/postgres/pooler.ts";
import { createPools, questionSettings } from "../../src/store/postgres/pools.ts";
import { readerOf as postgresReaderOf } from "../../src/store/postgres/reader.ts";
import { openReader } from "../../src/store/sqlite/connection.ts";
import { readerOf } from "../../src/store/sqlite/reader.ts";

/** A store that is only read, whichever database has it. */
export type Opened = AsyncDisposable & {
  readonly reader: Reader;
  /** The one number that this statement gives. */
  readonly one: (sql: string) => Promise<number>;
  /** The key at this place of an order. */
  readonly keyAt: (order: IssueOrder, offset: number) => Promise<IssueKey>;
  /** What it takes on disk. */
  readonly bytes: () => Promise<number>;
};

const keyStatement = ({ field }: IssueOrder, offset: number) => {
  const column = field === "PRIORITY" ? "priority_rank" : field.toLowerCase();
  return `select ${column} as value, sentry_id as "sentryId" from issues where ${column} is not null
    order by ${column}, sentry_id limit 1 offset ${offset}`;
};

export function openFile(file: string): Opened {
  const connection = openReader(file);
  const { client } = connection;
  const one = async (sql: string) => client.prepare(sql).pluck().get() as number;
  return {
    reader: readerOf(connection, { issueObjectOf }),
    one,
    keyAt: async (order, offset) => client.prepare<[], IssueKey>(keyStatement(order, offset)).get()!,
    bytes: () => one("select sum(pgsize) from dbstat"),
    [Symbol.asyncDispose]: async () => void client.close(),
  };
}

/** On one connection as a gateway's, but without the time limit that a gateway's questions have. */
export async function openDatabase(url: string): Promise<Opened> {
  const pools = createPools(url);
  const client = pools.connection();
  await client.connect();
  await setForSession(client, { ...questionSettings, statement_timeout: "0" });
  const one = async (sql: string) => {
    const { rows } = await client.query<number[], unknown[]>({
      text: sql,
      rowMode: "array",
    } satisfies pg.QueryArrayConfig);
    return rows[0]![0]!;
  };
  return {
    reader: postgresReaderOf(client, { issueObjectOf, hasSearch: true }),
    one,
    keyAt: async (order, offset) => (await client.query<IssueKey>(keyStatement(order, offset))).rows[0]!,
    bytes: () =>
      one(
        "select sum(pg_total_relation_size(oid)) from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'",
      ),
    [Symbol.asyncDispose]: async () => {
      await client.end();
      await pools[Symbol.asyncDispose]();
    },
  };
}
