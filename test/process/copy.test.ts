import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { metaNames } from "../../src/store/meta.ts";
import { temporaryFolder } from "../store/open.ts";
import { onServer, openReplica, temporarySchema } from "../store/open-postgres.ts";
import { commandOn } from "./command.ts";
import { fill } from "./fill.ts";

it(
  "copy goes on where it was when it is killed in the middle, and says what it found to be the same",
  { timeout: 120_000 },
  async () => {
    using folder = temporaryFolder();
    await using schema = await temporarySchema();
    const file = join(folder.path, "issuewire.db");
    await fill(file, 3_000);
    const words = ["copy", "--from", `file:${file}`, "--to", schema.url];

    /** What is copied of a table by now; -1 while nothing was begun. */
    const copiedOf = async (table: string): Promise<number> =>
      onServer(async (client) => {
        const { rows } = await client
          .query<{ value: string }>("select value from meta where name = $1", [metaNames.copying])
          // There are no tables yet.
          .catch(() => ({ rows: [] }));
        const progress = rows[0] === undefined ? null : (JSON.parse(rows[0].value) as Progress);
        return progress?.keys[table] ?? -1;
      }, schema.url);
    let kills = 0;
    for (const table of ["deliveries", "contents", "events"]) {
      const { child, ended } = commandOn(schema.url, ...words);
      while (child.exitCode === null && (await copiedOf(table)) <= 0);
      child.kill("SIGKILL");
      if ((await ended).code === null) kills += 1;
    }
    // The last one may have come to its end before it was seen.
    expect(kills).toBeGreaterThanOrEqual(2);
    const again = await commandOn(schema.url, ...words).ended;
    expect(again).toMatchObject({ code: 0 });
    expect(again.output).toMatch(/✓ deliveries +sha256 [0-9a-f]{64} +3,000 rows, the same in both/);
    expect(again.output).toContain("holds the store, up to position");
    await using store = await openReplica(schema.url);
    expect((await store.reader.entriesAfter(0, 10_000)).length).toBeGreaterThan(1_000);
  },
);

it("copy says what is wrong with its arguments, and ends with 1", async () => {
  const wrong = [
    [["--from", "postgres://a/b", "--to", "postgres://a/b"], "--from must be file:"],
    [["--from", "file:none.db", "--to", "file:none.db"], "--to must be postgres://"],
    [
      ["--from", "file:none.db", "--to", "postgres://127.0.0.1:1/x"],
      `There is no database file ${resolve("none.db")}.`,
    ],
    [["--from", "file:none.db", "--to", "postgres://127.0.0.1:99999/x"], "--to cannot be read"],
    [["--from", "file:%zz", "--to", "postgres://127.0.0.1:1/x"], "--from cannot be read"],
  ] as const;
  for (const [words, message] of wrong) {
    const { code, output } = await commandOn("file:unused.db", "copy", ...words).ended;
    expect([code, output]).toEqual([1, expect.stringContaining(message)]);
  }
});

type Progress = { readonly keys: Readonly<Record<string, number>> };
