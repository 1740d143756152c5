import { max } from "drizzle-orm";
import { examineStore, type Examined, type Finding } from "../doctor.ts";
import { metaNames } from "../meta.ts";
import * as tables from "../tables/sqlite.ts";
import { openReader, type Connection } from "./connection.ts";
import { instanceFileOf, isRestored, readInstance } from "./instance.ts";
import { newestPosition } from "./queries.ts";

const { events, meta } = tables;

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
    connection.client.exec("begin");
    return [
      ...examineFile(connection, file),
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

function examineFile({ client, db }: Connection, file: string): readonly Finding[] {
  const damages = (client.pragma("integrity_check(10)") as readonly { readonly integrity_check: string }[])
    .map((row) => row.integrity_check)
    .filter((text) => text !== "ok");
  const findings = damages.map((text) => ({
    problem: `The database file is damaged: ${text}.`,
    remedy: "Stop the gateway, keep a copy of the file, and restore a backup.",
  }));
  const named = new Map(
    db
      .select()
      .from(meta)
      .all()
      .map(({ name, value }) => [name, value]),
  );
  const instance = named.get(metaNames.instance);
  const epoch = named.get(metaNames.epoch) ?? "";
  const newest =
    db
      .select({ seq: max(events.seq) })
      .from(events)
      .get()?.seq ?? 0;
  // Without a name it is one that no gateway was ever started on, which has no such file yet.
  if (instance !== undefined && isRestored({ instance, epoch, newest }, readInstance(instanceFileOf(file))))
    findings.push({
      problem: "The file was put back from a backup, or its instance file is gone.",
      remedy:
        "Start the gateway: it begins a new epoch, and subscribers refetch. Nothing else is to be done.",
    });
  return findings;
}
