import type pg from "pg";
import { howToRun } from "../../program/how-to-run.ts";
import { examineStore } from "../doctor/examine.ts";
import type { Examined } from "../doctor/examined.ts";
import { otherVersion, type Finding } from "../doctor/finding.ts";
import { metaNames } from "../meta.ts";
import { drizzleOver } from "./drizzle-over.ts";
import { durabilityFaults } from "./durability.ts";
import { codeOf, failureWithin, notPermitted } from "./error.ts";
import { hasStore, hasTablesOfThisVersion, isCopying } from "./migrate.ts";
import { createPools } from "./pools.ts";
import { connectTo } from "./prepare.ts";
import { promptly } from "./promptly.ts";
import { newestPosition, sharedBy } from "./reader.ts";
import { beginWithoutTimeouts } from "./without-timeouts.ts";

export type ExaminationOptions = Pick<Examined, "onProgress"> & { readonly url: string };

/**
 * Returns everything that is wrong with the store; empty if all is well. It only reads, as of one moment, so replicas
 * may go on meanwhile. The server keeps what they delete for as long as it takes.
 *
 * It checks the server's settings and the store's own records, then runs `examineStore`. It does not check the server's
 * pages.
 * @throws Error if the role may not read the store.
 */
export async function examinePostgres({ url, onProgress }: ExaminationOptions): Promise<readonly Finding[]> {
  await using pools = createPools(url);
  const client = pools.connection();
  try {
    await connectTo(client);
    const ofServer = await examineServer(client);
    await beginWithoutTimeouts(client, "isolation level repeatable read read only");
    if (!(await hasStore(client))) return [...ofServer, noStore];
    if (!(await promptly(client, hasTablesOfThisVersion(client)))) return [...ofServer, otherVersion];
    // A copy that is not finished need not be right yet.
    if (await promptly(client, isCopying(client))) return [...ofServer, unfinishedCopy];
    const db = drizzleOver(client);
    return [
      ...ofServer,
      ...(await examineMeta(client)),
      ...(await examineStore({
        ...sharedBy(db),
        newestPosition: () => newestPosition(db),
        onProgress,
        howToRebuild: `Run "${howToRun("rebuild")}".`,
      })),
    ];
  } catch (error) {
    if (codeOf(error) === notPermitted)
      throw new Error(
        "The role may not read all of the store: take that of the gateways, or GRANT SELECT ON ALL TABLES IN SCHEMA … and ON ALL SEQUENCES IN SCHEMA … to it.",
        { cause: error },
      );
    throw failureWithin(error) ?? error;
  } finally {
    await promptly(client, client.end()).catch(() => {});
  }
}

async function examineServer(client: pg.Client): Promise<readonly Finding[]> {
  const problems = await durabilityFaults(client);
  const text = `select relname as name from pg_index join pg_class on pg_class.oid = indexrelid
       join pg_namespace on pg_namespace.oid = relnamespace
     where not indisvalid and nspname = current_schema()`;
  const { rows } = await promptly(client, client.query<{ name: string }>(text));
  return [
    ...problems.map((problem) => ({ problem, remedy: "Gateways do not start on this server as it is." })),
    ...rows.map(({ name }) => ({
      problem: `The index ${name} is not valid.`,
      remedy: `Rebuild it: REINDEX INDEX ${name}.`,
    })),
  ];
}

const noStore: Finding = {
  problem: "There is no store in this database.",
  remedy: "Start a gateway on it.",
};

const unfinishedCopy: Finding = {
  problem: "A copy into this database is not finished.",
  remedy: `Run "${howToRun("copy")}" again.`,
};

async function examineMeta(client: pg.ClientBase): Promise<readonly Finding[]> {
  const { rows } = await client.query<{ is_other: boolean; is_behind: boolean | null }>(
    `select
       kept_epoch() is null and exists (select from meta where name = $1) as is_other,
       (select max(id) from deliveries) > (select last_value from delivery_ids) as is_behind`,
    [metaNames.epoch],
  );
  const found = rows[0]!;
  return [
    found.is_other && {
      problem: "The store was put on this server by a restore, or the server has failed over.",
      remedy:
        "Start a gateway: it begins a new epoch, and subscribers read their lists again. Nothing else needs to be done.",
    },
    found.is_behind && {
      problem:
        "The next delivery would get an id that is already used: the sequence delivery_ids was set back.",
      remedy: "select setval('delivery_ids', (select max(id) from deliveries))",
    },
  ].filter((finding) => finding !== false && finding !== null);
}
