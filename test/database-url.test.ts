import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { databaseFileOf, faultOfUrl } from "../src/database-url.ts";
import { temporaryFolder } from "./store/open.ts";

describe("a database URL", () => {
  it.each([
    ["file:./data/x.db", resolve("data/x.db")],
    ["file:/var/lib/x.db", "/var/lib/x.db"],
    ["file:///var/lib/x.db", "/var/lib/x.db"],
    ["file:a%20b.db", resolve("a b.db")],
    ["file:./a%3Fb%23c%25d.db", resolve("a?b#c%d.db")],
    ["file:///a%3Fb%23c%25d.db", "/a?b#c%d.db"],
  ])("%s is the file %s", (url, file) => {
    expect(databaseFileOf(url)).toBe(file);
  });

  it("is the file that a symbolic link leads to, which need not be there yet", () => {
    using folder = temporaryFolder();
    const path = realpathSync(folder.path);
    const [file, link, other] = ["kept/x.db", "links/x.db", "other.db"].map((name) => join(path, name));
    for (const name of ["kept", "links"]) mkdirSync(join(path, name));
    symlinkSync("../kept/x.db", link!);
    symlinkSync(link!, other!);
    expect(databaseFileOf(`file:${other}`)).toBe(file);
    writeFileSync(file!, "");
    expect(databaseFileOf(`file:${other}`)).toBe(file);
  });

  it("is one file, wherever a symbolic link leads that `..` takes back", () => {
    using folder = temporaryFolder();
    const [release, app] = ["releases/7", "app"].map((name) => join(folder.path, name));
    for (const path of [release, app]) mkdirSync(path!, { recursive: true });
    symlinkSync(release!, join(app!, "current"));
    expect(databaseFileOf(`file:${app}/current/../x.db`)).toBe(join(app!, "x.db"));
  });

  it("is refused where a symbolic link leads to a name that SQLite would shorten", () => {
    using folder = temporaryFolder();
    const link = join(folder.path, "link.db");
    symlinkSync("x.db ", link);
    expect(faultOfUrl(`file:${link}`)).toContain("without a space before or after");
  });

  it("is what it says where a symbolic link leads to itself", () => {
    using folder = temporaryFolder();
    const loop = join(folder.path, "loop.db");
    symlinkSync("loop.db", loop);
    expect(databaseFileOf(`file:${loop}`)).toMatch(/loop\.db$/);
  });
});
