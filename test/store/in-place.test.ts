import { appendFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkOfPlace } from "../../src/store/sqlite/in-place.ts";
import { temporaryFolder } from "./open.ts";

it("takes a database file that becomes smaller for another one, also once it has grown again", () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "issuewire.db");
  writeFileSync(file, "x".repeat(100));
  writeFileSync(`${file}-wal`, "");
  const check = checkOfPlace(file);
  check();
  appendFileSync(file, "more");
  // A WAL is cut and begun anew.
  writeFileSync(`${file}-wal`, "frames");
  check();
  truncateSync(`${file}-wal`);
  check();

  truncateSync(file, 103);
  expect(check).toThrow("was written over beneath the gateway");
  appendFileSync(file, "more still");
  expect(check).toThrow("was written over beneath the gateway");
});
