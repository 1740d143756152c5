import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../store/open.ts";
import { startProcess } from "./gateway.ts";

const root = join(import.meta.dirname, "../..");

describe("the package", () => {
  it("holds what a user needs and no more, and serves with nothing else installed but SQLite", async () => {
    using folder = temporaryFolder();
    const npm = (...args: string[]) =>
      execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: "pipe" });
    // `prepack` builds it.
    npm("pack", "--silent", "--pack-destination", folder.path);
    const tarball = readdirSync(folder.path).find((name) => name.endsWith(".tgz"))!;
    execFileSync("tar", ["xzf", tarball], { cwd: folder.path });
    const unpacked = join(folder.path, "package");
    const tops = readdirSync(unpacked).toSorted();
    expect(tops).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist",
      "drizzle",
      "package.json",
      "schema.graphql",
      "src",
    ]);
    expect(readdirSync(join(unpacked, "src"))).toEqual(["bin.js"]);
    expect(readdirSync(join(unpacked, "dist/types"))).toContain("index.d.ts");

    mkdirSync(join(folder.path, "node_modules"));
    const sqlite = "node_modules/better-sqlite3";
    symlinkSync(join(root, sqlite), join(folder.path, sqlite));
    await using gateway = await startProcess({ program: join(unpacked, "src/bin.js") });
    const response = await fetch(`${gateway.url}/graphql?query={feed{epoch}}`);
    expect(await response.json()).toEqual({ data: { feed: { epoch: expect.any(String) } } });
    // Builds everything, types included.
  }, 120_000);
});
