import { Command } from "commander";
import type { Copied, CopyOptions, WhyAnew } from "../store/copy.ts";
import { counted } from "../terminal/counted-noun.ts";
import type { ProgressBar } from "../terminal/progress.ts";
import { CommandError } from "./command-error.ts";

export type CopyCommandOptions = {
  readonly copy: (options: CopyOptions) => Promise<Copied>;
  /** The path of the SQLite file that a `file:` URL names. */
  readonly fileOf: (url: string) => string;
  /** What is wrong with the URL of a database; null if nothing is. */
  readonly faultOfUrl: (url: string) => string | null;
  readonly withoutPassword: (url: string) => string;
  readonly progress: (what: string) => ProgressBar;
  readonly print: (line: string) => void;
};

const whyAnew: Readonly<Record<WhyAnew, string>> = {
  OTHER_STORE: "The earlier copy was of another store, or of another epoch of this one",
  DIFFERED: "The copy was found to differ from the store",
  ERASED: "Something was erased from the store since the earlier copy",
};

/** `issuewire copy`: copies a SQLite store to PostgreSQL, for any number of replicas. */
export function copyCommand({
  copy,
  fileOf,
  faultOfUrl,
  withoutPassword,
  progress,
  print,
}: CopyCommandOptions): Command {
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
      const copied = await copy({
        file: fileOf(from),
        url: to,
        onProgress(what, done, total) {
          if (what !== doing) {
            bar?.clear();
            bar = bars.use(progress(what));
          }
          doing = what;
          bar!.update(done, total);
        },
      });
      bars.dispose();
      if (copied.beganAnew !== null)
        print(`${whyAnew[copied.beganAnew]}: it was copied again from the beginning.`);
      const width = Math.max(...copied.tables.map(({ table }) => table.length));
      for (const { table, rows, sha256 } of copied.tables)
        print(`✓ ${table.padEnd(width)}  sha256 ${sha256}  ${counted(rows, "row")}, the same in both`);
      print(
        copied.isWhole
          ? `${withoutPassword(to)} holds the store, up to position ${copied.position}. Start gateways on it, and no longer on the file.`
          : `Copied everything up to position ${copied.position}. The gateway on ${from} is still running: stop it, then run this again to copy the rest.`,
      );
    });
}
