import type { PgTable } from "drizzle-orm/pg-core";
import type pg from "pg";
import * as z from "zod";
import type { CopiedName, CopiedTable, Identity, Row, WholeTable } from "../copied-tables.ts";
import { metaNames } from "../meta.ts";
import * as tables from "../tables/postgres.ts";
import { arraysOf, columnsOf, inserting, listOf, upserting } from "./columns.ts";
import { codeOf, lockNotAvailable } from "./error.ts";
import { listeningName } from "./listener.ts";
import { locksOf } from "./locks.ts";
import { partsOf } from "./parts.ts";
import { createPools } from "./pools.ts";
import { connectTo, prepare } from "./prepare.ts";
import { promptly } from "./promptly.ts";
import { beginWithoutTimeouts, vacuumAndAnalyze } from "./without-timeouts.ts";

const key = z.number().int().nonnegative();

const progressShape = z.object({
  identity: z.object({
    instance: z.string(),
    epoch: z.string(),
    oldest: key,
    prunedTo: key,
    dropped: key,
  }),
  since: key,
  keys: z.object({ deliveries: key, packs: key, contents: key, events: key, issues: key }),
  hasDiffered: z.boolean().default(false),
  indexes: z.array(z.object({ name: z.string(), text: z.string() })),
});

/** How far a copy has come. It is kept in the target, and the transactions that write rows update it. */
export type Progress = {
  /** Of the source. */
  readonly identity: Identity;
  /** Every copied row is as it was at this position of the log, or later. */
  readonly since: number;
  /** The last key copied of each table; 0 for none. */
  readonly keys: Readonly<Record<CopiedName, number>>;
  /** True if what is copied was found to differ from its source. */
  readonly hasDiffered: boolean;
};

/** An empty PostgreSQL database, or one that a copy was begun into. */
export type CopyTarget = AsyncDisposable & {
  /** How far the copy begun here has come; null if there is none. */
  readonly begun: Progress | null;
  /** Empties the tables and drops their indexes: creating them in the end takes a fraction of the time. */
  readonly begin: (progress: Progress) => Promise<void>;
  /** Writes the rows, over those with the same keys, and the progress, in one transaction. */
  readonly write: (table: CopiedTable, rows: readonly Row[], progress: Progress) => Promise<void>;
  readonly remember: (progress: Progress) => Promise<void>;
  /** Replaces all rows of a table that is copied as a whole. */
  readonly writeAll: (table: WholeTable, rows: readonly Row[]) => Promise<void>;
  readonly pageAfter: (table: CopiedTable, key: number) => Promise<readonly Row[]>;
  readonly all: (table: WholeTable) => Promise<readonly Row[]>;
  /** Creates the indexes that are missing, and runs VACUUM ANALYZE on the tables. */
  readonly makeIndexes: (onProgress: (done: number, total: number) => void) => Promise<void>;
  /** Records that what is copied differs from its source. */
  readonly markDiffering: () => Promise<void>;
  /** Makes it the store that it was copied from, in the same epoch, for gateways to open. */
  readonly finish: (newest: { readonly position: number; readonly delivery: number }) => Promise<void>;
};

/** How long to wait for a gateway's last batch, or for another copy. */
const waitMs = 2_000;

/**
 * Opens the database to be copied into, and creates its tables. Until it is disposed, nothing else can write there.
 * `held` is called each time some seconds have passed while something else makes or changes the tables.
 * @throws Error that says what to do if a gateway uses it, it holds another store, or the server's settings are not
 * safe.
 */
export async function openCopyTarget(url: string, held = () => {}): Promise<CopyTarget> {
  await using opened = new AsyncDisposableStack();
  const pools = opened.use(createPools(url));
  const { schema } = await prepare(pools, { isForCopy: true, held });
  const lock = opened.use(await lockOut(pools.connection(), schema));
  const client = pools.connection();
  opened.defer(() => client.end());
  await connectTo(client);
  await promptly(client, assertNobodyListens(client, schema));
  const known = await promptly(client, progressIn(client));
  if (known === null && (await promptly(client, holdsAnything(client))))
    throw new Error(
      "The target already holds a store, or part of one: copy into an empty database, or an empty schema of its own.",
    );
  let indexes = known?.indexes ?? [];
  const running = opened.move();

  const remember = async (progress: Progress): Promise<void> => {
    await client.query(upsertMeta, [[metaNames.copying], [JSON.stringify({ ...progress, indexes })]]);
  };
  const withoutTimeouts = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await beginWithoutTimeouts(client);
    try {
      const result = await work();
      await client.query("commit");
      return result;
    } catch (error) {
      await client.query("rollback").catch(() => {});
      throw error;
    }
  };
  const writing = (work: () => Promise<void>): Promise<void> =>
    withoutTimeouts(async () => {
      await work();
      // Without the lock a gateway may have written meanwhile.
      await lock.assertHeld();
    });

  return {
    begun: known,
    begin: (progress) =>
      writing(async () => {
        await client.query("truncate deliveries, contents, packs, events, issues, projects, tokens");
        indexes = indexes.length > 0 ? indexes : await indexesOf(client);
        for (const { name } of indexes)
          await client.query(
            `drop index if exists ${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`,
          );
        await remember(progress);
      }),
    remember,
    // Synced to disk with what follows, at the latest when the copy is finished. If the server crashes before, the rows
    // are lost together with the progress that tells of them.
    write: (table, rows, progress) =>
      writing(async () => {
        await client.query("set local synchronous_commit = off");
        const columns = columnsOf(tables[table.table]);
        for (const part of partsOf(rows, bytesOf))
          await client.query(upserting(table.table, table.key, columns), arraysOf(part, columns));
        if (table.table === "packs" && rows.length > 0)
          await client.query(
            `delete from contents using unnest($1::bigint[], $2::bigint[]) as packed(first, last)
             where delivery between packed.first and packed.last`,
            [rows.map(({ first }) => first), rows.map(({ last }) => last)],
          );
        await remember(progress);
      }),
    writeAll: ({ table }, rows) =>
      writing(async () => {
        const columns = columnsOf(tables[table]);
        await client.query(`delete from ${table}`);
        await client.query(inserting(table, columns), arraysOf(rows, columns));
      }),
    pageAfter: ({ table, key, pageSize }, after) =>
      withoutTimeouts(async () => {
        const text = `select ${listOf(columnsOf(tables[table]))} from ${table} where ${key} > $1 order by ${key} limit $2`;
        const values = [after, pageSize];
        return rowsOf(await client.query({ text, values, rowMode: "array" }), tables[table]);
      }),
    all: ({ table, key }) =>
      withoutTimeouts(async () => {
        const { name } = columnsOf(tables[table]).find((column) => column.key === key)!;
        const text = `select ${listOf(columnsOf(tables[table]))} from ${table} order by ${name}`;
        return rowsOf(await client.query({ text, rowMode: "array" }), tables[table]);
      }),
    async makeIndexes(onProgress) {
      for (const [made, { name, text }] of indexes.entries()) {
        onProgress(made, indexes.length);
        const { rowCount } = await client.query(
          "select where to_regclass(quote_ident($1) || '.' || quote_ident($2)) is not null",
          [schema, name],
        );
        if (rowCount === 0)
          await writing(async () => {
            await client.query("set local maintenance_work_mem = '256MB'");
            await client.query(text);
          });
      }
      await vacuumAndAnalyze(client, "deliveries, contents, packs, events, issues, projects");
      onProgress(indexes.length, indexes.length);
    },
    async markDiffering() {
      const told = await progressIn(client);
      if (told === null) return;
      await remember({ ...told, hasDiffered: true });
    },
    finish: ({ position, delivery }) =>
      writing(async () => {
        const { identity } = (await progressIn(client))!;
        await client.query("select setval('delivery_ids', greatest($1::bigint, 1), $1::bigint > 0)", [
          delivery,
        ]);
        await client.query(
          `select setval(pg_get_serial_sequence('issues', 'id'), greatest(max(id), 1), max(id) is not null) from issues`,
        );
        const told = {
          [metaNames.epoch]: identity.epoch,
          [metaNames.oldest]: String(identity.oldest),
          [metaNames.prunedTo]: String(identity.prunedTo),
          [metaNames.newest]: String(position),
        };
        await client.query(upsertMeta, [Object.keys(told), Object.values(told)]);
        // The epoch is the log's, which goes on; the instance is this server's.
        await client.query(
          `insert into meta (name, value) values ($1, present_instance())
           on conflict (name) do update set value = excluded.value`,
          [metaNames.instance],
        );
        await client.query("delete from meta where name = $1", [metaNames.copying]);
      }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const upsertMeta = `insert into meta (name, value) select * from unnest($1::text[], $2::text[])
  on conflict (name) do update set value = excluded.value`;

type Lock = AsyncDisposable & {
  /** @throws Error if the connection that holds the lock has ended. */
  readonly assertHeld: () => Promise<void>;
};

/**
 * Takes a lock: until it is disposed, no gateway writes a batch and no second copy begins. It belongs to a transaction
 * that does nothing else. Behind a pooler, a session's lock would outlast the copy, in a session that others go on
 * using.
 */
async function lockOut(client: pg.Client, schema: string): Promise<Lock> {
  try {
    await connectTo(client);
    await beginWithoutTimeouts(client);
    await promptly(client, client.query(`set local lock_timeout = ${waitMs}`));
    const lock = "select pg_advisory_xact_lock($1)";
    await promptly(client, client.query(lock, [locksOf(schema).writing]));
  } catch (error) {
    await client.end();
    if (codeOf(error) !== lockNotAvailable) throw error;
    throw new Error("Something writes to the target: another copy, or a gateway. Stop it first.", {
      cause: error,
    });
  }
  return {
    assertHeld: async () => void (await promptly(client, client.query("select 1"))),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

async function assertNobodyListens(client: pg.Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ replicas: number }>(
    `select count(*) as replicas from pg_stat_activity
     where datname = current_database() and application_name = $1`,
    [listeningName(schema)],
  );
  const { replicas } = rows[0]!;
  if (replicas > 0)
    throw new Error(
      `${replicas === 1 ? "A gateway uses" : `${replicas} gateways use`} the target: stop every one of them first.`,
    );
}

async function progressIn(client: pg.Client) {
  const { rows } = await client.query<{ value: string }>("select value from meta where name = $1", [
    metaNames.copying,
  ]);
  return rows[0] === undefined ? null : progressShape.parse(JSON.parse(rows[0].value));
}

async function holdsAnything(client: pg.Client): Promise<boolean> {
  const each = ["deliveries", "events", "issues", "projects", "tokens"].map(
    (table) => `exists (select 1 from ${table})`,
  );
  const { rows } = await client.query<{ is: boolean }>(`select ${each.join(" or ")} as is`);
  return rows[0]!.is;
}

/** All indexes but those of constraints, with the statements that create them. */
async function indexesOf(client: pg.Client) {
  const { rows } = await client.query<{ name: string; text: string }>(
    `select indexname as name, indexdef as text from pg_indexes
     where schemaname = current_schema() and tablename = any($1)
       and not exists (
         select 1 from pg_constraint
         where connamespace = quote_ident(current_schema())::regnamespace and conname = indexname
       ) order by indexname`,
    [["deliveries", "contents", "packs", "events", "issues"]],
  );
  return rows;
}

function bytesOf(row: Row): number {
  const lengths = Object.values(row).map((value) =>
    typeof value === "string" || Buffer.isBuffer(value) ? value.length : 0,
  );
  return lengths.reduce((sum, length) => sum + length, 0);
}

function rowsOf({ rows }: pg.QueryArrayResult, table: PgTable): readonly Row[] {
  const keys = columnsOf(table).map((column) => column.key);
  return rows.map((values: readonly unknown[]) =>
    Object.fromEntries(keys.map((key, index) => [key, values[index]])),
  );
}
