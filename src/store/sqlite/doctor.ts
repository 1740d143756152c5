import { howToRun } from "../../program/how-to-run.ts";
import { examineStore } from "../doctor/examine.ts";
import type { Examined } from "../doctor/examined.ts";
import { otherVersion, type Finding } from "../doctor/finding.ts";
import * as tables from "../tables/sqlite.ts";
import { openForCommand, type Connection } from "./connection.ts";
import { codeOf } from "./error.ts";
import { identityOf } from "./identity.ts";
import { instanceFileOf, isRestored, readInstance, type Instance } from "./instance.ts";
import { versionOfTables } from "./migrate.ts";
import { newestPosition } from "./reader.ts";

export type ExaminationOptions = Pick<Examined, "onProgress"> & { readonly file: string };

/**
 * Returns everything that is wrong with the file; empty if all is well. It only reads, as of one moment, so a gateway
 * may go on meanwhile.
 *
 * It runs SQLite's own integrity check, then `examineStore`.
 */
export async function examineSqlite({ file, onProgress }: ExaminationOptions): Promise<readonly Finding[]> {
  const connection = openForCommand(file);
  try {
    // Before the transaction begins: a gateway goes on writing this file.
    const known = readInstance(instanceFileOf(file));
    connection.client.exec("begin");
    let damages: readonly Finding[] = [];
    try {
      damages = examineFile(connection);
      if (versionOfTables(connection.client) !== "this") return [...damages, otherVersion];
      const ofStore = await examineStore({
        db: connection.db,
        tables,
        newestPosition: async () => newestPosition(connection),
        onProgress,
        howToRebuild: `Stop the gateway and run "${howToRun("rebuild")}".`,
      });
      return [...damages, ...examineIdentity(connection, known), ...ofStore];
    } catch (error) {
      // The rest of a damaged file may not be readable at all.
      if (codeOf(error)?.startsWith("SQLITE_CORRUPT") !== true) throw error;
      return damages.length > 0 ? damages : [damaged("it cannot be read")];
    }
  } finally {
    connection.client.close();
  }
}

function examineFile({ client }: Connection): readonly Finding[] {
  return (client.pragma("integrity_check(10)") as readonly { readonly integrity_check: string }[])
    .map((row) => row.integrity_check)
    .filter((text) => text !== "ok")
    .map(damaged);
}

function damaged(text: string): Finding {
  return {
    problem: `The database file is damaged: ${text}.`,
    remedy: "Stop the gateway, keep a copy of the file, and restore a backup.",
  };
}

function examineIdentity(connection: Connection, known: Instance | null): readonly Finding[] {
  const identity = identityOf(connection);
  if (identity === null || !isRestored(identity, known)) return [];
  return [
    {
      problem: "The file was restored from a backup, or its instance file is gone.",
      remedy:
        "Start the gateway: it begins a new epoch, and subscribers read their lists again. Nothing else needs to be done.",
    },
  ];
}
