import { join } from "node:path";
import { expect, it } from "vitest";
import { openReader, openWriter } from "../../src/store/sqlite/connection.ts";
import { createVersion } from "../../src/store/sqlite/version.ts";
import { temporaryFolder } from "./open.ts";

it("changes with every write, of this process at once and of another one a moment later", () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "issuewire.db");
  const writer = openWriter(file);
  const reader = openReader(file);
  let time = 0;
  const version = createVersion(reader, () => time);
  const first = version.now();

  time += 1_000;
  expect(version.now()).toBe(first);
  version.moved();
  expect(version.now()).not.toBe(first);

  const second = version.now();
  writer.client.exec("insert into meta (name, value) values ('x', 'y')");
  expect(version.now()).toBe(second);
  time += 1_000;
  const third = version.now();
  expect(third).not.toBe(second);
  time += 1_000;
  expect(version.now()).toBe(third);
  reader.client.close();
  writer.client.close();
});
