import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../store/open.ts";
import { startProcess } from "./gateway.ts";

const root = join(import.meta.dirname, "../..");

/** Everything that is in it, but for the types. */
const contents = [
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "bench/README.md",
  "dist/THIRD-PARTY-NOTICES.txt",
  "dist/checkpoint-worker.js",
  "dist/cli.js",
  "dist/graphiql-renderer.js",
  "dist/index.js",
  "dist/parse-worker.js",
  "dist/read-worker.js",
  "dist/web/chunk-*.js",
  "dist/web/icon-*.svg",
  "dist/web/index.html",
  "dist/web/main-*.js",
  "dist/web/statistics-view-*.js",
  "dist/web/style-*.css",
  "dist/write-worker.js",
  "docs/clients.md",
  "docs/operating.md",
  "drizzle/postgres/*.sql",
  "drizzle/postgres/meta/*.json",
  "drizzle/sqlite/*.sql",
  "drizzle/sqlite/meta/*.json",
  "package.json",
  "schema.graphql",
  "src/bin.js",
  "src/library.cjs",
  "src/node-version.cjs",
];

const isOfTypes = (name: string): boolean => name.startsWith("dist/types/");

/** A name without what changes with the contents, or with each migration. */
function kindOf(name: string): string {
  return name
    .replace(/^(dist\/web\/.*)-[A-Z0-9]{8}\./, "$1-*.")
    .replace(/^(drizzle\/.*\/)\w+\.(sql|json)$/, "$1*.$2");
}

/** What the program in this folder says of how it simulates. */
const helpOf = (folder: string): string =>
  execFileSync(process.execPath, [join(folder, "src/bin.js"), "simulate", "--help"], { encoding: "utf8" });

describe("the package", () => {
  it("holds what a user needs and no more, and serves with nothing else installed but SQLite", async () => {
    using folder = temporaryFolder();
    const npm = (...args: string[]) =>
      execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: "pipe" });
    // `prepack` builds it.
    npm("pack", "--silent", "--pack-destination", folder.path);
    const tarball = readdirSync(folder.path).find((name) => name.endsWith(".tgz"))!;
    const unpacked = join(folder.path, "node_modules/issuewire");
    mkdirSync(unpacked, { recursive: true });
    execFileSync("tar", ["xzf", join(folder.path, tarball), "--strip-components=1"], { cwd: unpacked });
    const files = readdirSync(unpacked, { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(unpacked, join(entry.parentPath, entry.name)));
    const [types, others] = [files.filter(isOfTypes), files.filter((name) => !isOfTypes(name))];
    expect([...new Set(others.map(kindOf))].toSorted()).toEqual(contents);
    expect(types).toContain("dist/types/index.d.ts");
    expect(types.filter((name) => !name.endsWith(".d.ts"))).toEqual([]);

    const sqlite = "node_modules/better-sqlite3";
    symlinkSync(join(root, sqlite), join(folder.path, sqlite));
    {
      await using gateway = await startProcess({ program: join(unpacked, "src/bin.js") });
      const response = await fetch(`${gateway.url}/graphql?query={feed{epoch}}`);
      expect(await response.json()).toEqual({ data: { feed: { epoch: expect.any(String) } } });
    }
    const exported = 'import * as library from "issuewire"; console.log(...Object.keys(library))';
    const words = ["--input-type=module", "--eval", exported];
    expect(execFileSync(process.execPath, words, { cwd: folder.path, encoding: "utf8" })).toBe(
      "ConfigError default module.exports parseConfig startGateway\n",
    );
    const { resolve } = createRequire(join(folder.path, "user.js"));
    expect(readFileSync(resolve("issuewire/schema.graphql"), "utf8")).toContain("\ntype Query {\n");
    // Its messages name what can be run where it is, installed or in the folder of an image: it has no npm scripts.
    expect(helpOf(unpacked)).toContain("$ npx issuewire simulate --history 30d\n");
    const app = join(folder.path, "app");
    renameSync(unpacked, app);
    expect(helpOf(app)).toContain("$ node src/bin.js simulate --history 30d\n");
    // Builds everything, types included.
  }, 300_000);
});
