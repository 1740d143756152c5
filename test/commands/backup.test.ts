import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { commandWith } from "../process/command.ts";
import { temporaryFolder } from "../store/open.ts";

it("a backup has the name that it was given, a space before it included, or none", async () => {
  using folder = temporaryFolder();
  openWriter(join(folder.path, "a.db")).client.close();
  const backUp = (to: string) =>
    commandWith({ settings: { DATABASE_URL: "file:a.db" }, cwd: folder.path }, "backup", to).ended;
  expect(await backUp(" lead.db")).toMatchObject({ code: 0 });
  expect(await backUp("")).toMatchObject({ code: 1, output: expect.stringContaining("choose another name") });
  const names = readdirSync(folder.path).filter((name) => !name.startsWith("a.db"));
  expect(names).toEqual([" lead.db"]);
});
