import { expect, it } from "vitest";
import { copyCommand } from "../../src/commands/copy.ts";
import type { Copied } from "../../src/store/copy.ts";

/** What the command prints of a copy that came to this. */
async function printed(copied: Partial<Copied>): Promise<readonly string[]> {
  const lines: string[] = [];
  const command = copyCommand({
    copy: async () => ({ isWhole: true, position: 3, beganAnew: null, tables: [], ...copied }),
    fileOf: (url) => url,
    faultOfUrl: () => null,
    withoutPassword: (url) => url,
    progress: () => ({ update: () => {}, clear: () => {}, [Symbol.dispose]: () => {} }),
    print: (line) => lines.push(line),
  });
  await command.parseAsync(["--from", "file:a.db", "--to", "postgres://b/c"], { from: "user" });
  return lines;
}

const last =
  "postgres://b/c holds the store, up to position 3. Start gateways on it, and no longer on the file.";

it("copying says how many rows are the same, one as one and many as many", async () => {
  const tables = [
    { table: "deliveries", rows: 1_234, sha256: "a" },
    { table: "issues", rows: 1, sha256: "b" },
  ];
  expect(await printed({ tables })).toEqual([
    "✓ deliveries  sha256 a  1,234 rows, the same in both",
    "✓ issues      sha256 b  1 row, the same in both",
    last,
  ]);
});

it.each([
  [
    "OTHER_STORE",
    "The earlier copy was of another store, or of another epoch of this one: it was copied again from the beginning.",
  ],
  ["DIFFERED", "The copy was found to differ from the store: it was copied again from the beginning."],
  [
    "ERASED",
    "Something was erased from the store since the earlier copy: it was copied again from the beginning.",
  ],
] as const)("copying says why it began anew: %s", async (beganAnew, line) => {
  expect(await printed({ beganAnew })).toEqual([line, last]);
});
