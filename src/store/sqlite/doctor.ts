import { examineStore, type Examined, type Finding } from "../doctor.ts";
import * as tables from "../tables/sqlite.ts";
import { openReader, type Connection } from "./connection.ts";
import { identityOf } from "./identity.ts";
import { instanceFileOf, isRestored, readInstance, type Instance } from "./instance.ts";
import { newestPosition } from "./queries.ts";

export type ExaminationOptions = Pick<Examined, "onProgress"> & { readonly file: string };

/**
 * Everything about the file that is not as it should be; empty when all is well. It reads only, in one moment of the
 * store, so a gateway may go on beside it.
 *
 * It asks SQLite for the file's integrity, and then as `examineStore` does.
 */
export async function examineSqlite({ file, onProgress }: ExaminationOptions): Promise<readonly Finding[]> {
  const connection = openReader(file);
  try {
    // Before the moment that is looked at: a gateway goes on writing it.
    const known = readInstance(instanceFileOf(file));
    connection.client.exec("begin");
    return [
      ...examineFile(connection, known),
      ...(await examineStore({
        db: connection.db,
        tables,
        newestPosition: async () => newestPosition(connection),
        onProgress,
        howToRebuild: 'Stop the gateway and run "npm run issuewire -- rebuild".',
      })),
    ];
  } finally {
    connection.client.close();
  }
}

function examineFile(connection: Connection, known: Instance | null): readonly Finding[] {
  const damages = (
    connection.client.pragma("integrity_check(10)") as readonly { readonly integrity_check: string }[]
  )
    .map((row) => row.integrity_check)
    .filter((text) => text !== "ok");
  const findings = damages.map((text) => ({
    problem: `The database file is damaged: ${text}.`,
    remedy: "Stop the gateway, keep a copy of the file, and restore a backup.",
  }));
  const identity = identityOf(connection);
  if (identity !== null && isRestored(identity, known))
    findings.push({
      problem: "The file was put back from a backup, or its instance file is gone.",
      remedy:
        "Start the gateway: it begins a new epoch, and subscribers refetch. Nothing else is to be done.",
    });
  return findings;
}
