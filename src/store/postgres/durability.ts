import type pg from "pg";
import { promptly } from "./promptly.ts";

/** The oldest major version of PostgreSQL that is still maintained. */
const oldestVersion = 15;

/**
 * Asserts that what the server says is committed is on its disk, and that text is kept as it is given.
 * @throws Error with a line for each setting that is wrong, and what to do.
 */
export async function assertDurable(client: pg.Client): Promise<void> {
  const wrong = await durabilityFaults(client);
  if (wrong.length > 0)
    throw new Error(`Issuewire cannot use this PostgreSQL:\n${wrong.map((line) => `  ${line}`).join("\n")}`);
}

/** What is wrong with the settings of the server, one line for each; empty if nothing is. */
export async function durabilityFaults(client: pg.Client): Promise<readonly string[]> {
  const text = `select pg_is_in_recovery() as is_standby, ${settings.map((name) => `current_setting('${name}') as ${name}`).join(", ")}`;
  const { rows } = await promptly(client, client.query<Found>(text));
  return faultsOf(rows[0]!);
}

const settings = [
  "server_version_num",
  "synchronous_commit",
  "fsync",
  "full_page_writes",
  "server_encoding",
  "array_nulls",
  "default_transaction_read_only",
] as const;
type Found = Readonly<Record<(typeof settings)[number], string>> & { readonly is_standby: boolean };

/** What is wrong with these settings, one line for each. */
function faultsOf(found: Found): readonly string[] {
  const version = Math.floor(Number(found.server_version_num) / 10_000);
  return [
    version < oldestVersion && `It is version ${version}: ${oldestVersion} or newer is needed.`,
    ["off", "local"].includes(found.synchronous_commit) &&
      `synchronous_commit is ${found.synchronous_commit}: a commit could be lost after it was acknowledged. Set it to on.`,
    found.fsync !== "on" &&
      "fsync is off: a power cut would lose what was acknowledged, or all of it. Set it to on.",
    found.full_page_writes !== "on" &&
      "full_page_writes is off: a power cut could damage the tables beyond repair. Set it to on.",
    found.server_encoding !== "UTF8" &&
      `The database's encoding is ${found.server_encoding}: create it with encoding 'UTF8'.`,
    found.array_nulls !== "on" && "array_nulls is off: nothing could be written. Set it to on.",
    found.is_standby && "It is a standby, which is read-only: DATABASE_URL has to name the primary.",
    found.default_transaction_read_only === "on" &&
      "default_transaction_read_only is on, for this role, this database or the server: nothing could be written. Set it to off.",
  ].filter((line) => line !== false);
}
