import { expect, it } from "vitest";
import { linesAbout } from "../../src/commands/copy.ts";
import type { Copied } from "../../src/store/copy.ts";

/** What the command prints of a copy that came to this. */
function printed(copied: Partial<Copied>): readonly string[] {
  return linesAbout(
    { isWhole: true, position: 3, beganAnew: null, tables: [], ...copied },
    { from: "file:a.db", to: "postgres://b/c" },
  );
}

const last =
  "postgres://b/c holds the store, up to position 3. Start gateways on it, and no longer on the file.";

it("copying says how many rows are the same, one as one and many as many", () => {
  const tables = [
    { table: "deliveries", rows: 1_234, sha256: "a" },
    { table: "issues", rows: 1, sha256: "b" },
  ];
  expect(printed({ tables })).toEqual([
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
] as const)("copying says why it began anew: %s", (beganAnew, line) => {
  expect(printed({ beganAnew })).toEqual([line, last]);
});
