import { Command } from "commander";
import { databaseFileOf, faultOfUrl, withoutPassword } from "../database-url.ts";
import { copyStore, type Copied, type WhyAnew } from "../store/copy.ts";
import { counted } from "../terminal/counted-noun.ts";
import { createProgressBar, type ProgressBar } from "../terminal/progress.ts";
import { CommandError } from "./command-error.ts";
import { held } from "./store-commands.ts";

const whyAnew: Readonly<Record<WhyAnew, string>> = {
  OTHER_STORE: "The earlier copy was of another store, or of another epoch of this one",
  DIFFERED: "The copy was found to differ from the store",
  ERASED: "Something was erased from the store since the earlier copy",
};

/** `issuewire copy`: copies a SQLite store to PostgreSQL, for any number of replicas. */
export function copyCommand(): Command {
  return new Command("copy")
    .description(
      "Copy a SQLite store into an empty PostgreSQL database, and compare both. Cursors, ids and tokens stay valid. If interrupted, run it again: it continues where it stopped. While a gateway runs it copies what is there so far; run it again after stopping the gateway to copy the rest.",
    )
    .requiredOption("--from <url>", "the SQLite file, such as file:./data/issuewire.db")
    .requiredOption("--to <url>", "the database, such as postgres://user:password@host/database")
    .action(async ({ from, to }: { readonly from: string; readonly to: string }) => {
      if (!/^file:./.test(from))
        throw new CommandError("--from must be file: and the path of a SQLite file.");
      if (!/^postgres(?:ql)?:\/\/./.test(to)) throw new CommandError("--to must be postgres://…");
      for (const [name, url] of Object.entries({ from, to })) {
        const fault = faultOfUrl(url);
        if (fault !== null) throw new CommandError(`--${name} ${fault}.`);
      }
      using bars = new DisposableStack();
      let doing = "";
      let bar: ProgressBar | null = null;
      const copied = await copyStore({
        file: databaseFileOf(from),
        url: to,
        held,
        onProgress(what, done, total) {
          if (what !== doing) {
            bar?.clear();
            bar = bars.use(createProgressBar(what, process.stderr));
          }
          doing = what;
          bar!.update(done, total);
        },
      });
      bars.dispose();
      for (const line of linesAbout(copied, { from, to })) console.log(line);
    });
}

/** What there is to say about a copy that was made between these URLs. */
export function linesAbout(
  { beganAnew, tables, isWhole, position }: Copied,
  { from, to }: { readonly from: string; readonly to: string },
): readonly string[] {
  const width = Math.max(...tables.map(({ table }) => table.length));
  return [
    ...(beganAnew === null ? [] : [`${whyAnew[beganAnew]}: it was copied again from the beginning.`]),
    ...tables.map(
      ({ table, rows, sha256 }) =>
        `✓ ${table.padEnd(width)}  sha256 ${sha256}  ${counted(rows, "row")}, the same in both`,
    ),
    isWhole
      ? `${withoutPassword(to)} holds the store, up to position ${position}. Start gateways on it, and no longer on the file.`
      : `Copied everything up to position ${position}. The gateway on ${from} is still running: stop it, then run this again to copy the rest.`,
  ];
}
