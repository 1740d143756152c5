import { Command } from "commander";
import { backUpSqlite } from "../store/sqlite/backup.ts";
import { createProgressBar } from "../terminal/progress.ts";
import { ownFile } from "./from-settings.ts";

/** `issuewire backup`: copies the SQLite file. */
export function backupCommand(): Command {
  return new Command("backup")
    .argument("<file>", "the file to write, which must not exist yet")
    .description("Copy the database as it is at this moment. The gateway may keep running.")
    .action(async (to: string) => {
      using bar = createProgressBar("copying", process.stderr);
      const { newest } = await backUpSqlite({ file: ownFile(), to, onProgress: bar.update });
      bar.clear();
      console.log(`${to} holds the log up to position ${newest}.`);
    });
}
