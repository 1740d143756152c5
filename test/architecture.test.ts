import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

/** What each part of src/ may import; `type x` allows only its types. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  program: [],
  terminal: [],
  observability: ["domain", "program"],
  sentry: ["domain", "program", "observability"],
  simulate: ["domain", "program", "terminal", "sentry"],
  store: ["domain", "program", "observability"],
  stream: ["domain", "program", "observability", "type store"],
  graphql: ["domain", "program", "observability", "type store", "type stream"],
  web: [],
  http: ["domain", "program", "observability", "sentry", "graphql", "stream", "web"],
  server: [
    "config.ts",
    "database-url.ts",
    "domain",
    "program",
    "observability",
    "sentry",
    "store",
    "stream",
    "graphql",
    "web",
    "http",
  ],
  commands: [
    "config.ts",
    "database-url.ts",
    "domain",
    "program",
    "observability",
    "terminal",
    "sentry",
    "simulate",
    "store",
    "graphql",
    "http",
    "server",
  ],
};

/** Packages that only one part may import. */
const ownedPackages: Readonly<Record<string, string>> = {
  "drizzle-orm": "store",
  "better-sqlite3": "store",
  pg: "store",
  "@pothos/core": "graphql",
  jose: "http",
  pino: "observability",
  "prom-client": "observability",
};

const partOf = (file: string) => relative("src", file).split("/")[0]!;

/** Everything that a file imports or loads, with whether it is of types alone. */
function importsOf(source: string): readonly { readonly from: string; readonly isType: boolean }[] {
  const declared = source.matchAll(/^(?:import|export)\b( type\b)?([^;]*?)"([^"]+)"/gms);
  const loaded = source.matchAll(/\b(?:import|URL|moduleUrl|require)\(\s*["`]([^"`$]+)/g);
  return [
    ...[...declared].map(([, type, names, from]) => ({
      from: from!,
      isType: type !== undefined || /^\s*\{(?:\s*type\s[^,}]+,?)+\s*\}/.test(names!),
    })),
    ...[...loaded].map(([, from]) => ({ from: from!, isType: false })),
  ];
}

/** The imports that the tables above do not allow, as `file → import`. */
function strays(
  part: string,
  files: readonly { readonly path: string; readonly source: string }[],
): string[] {
  const allowed = [part, ...(mayImport[part] ?? [])];
  return files.flatMap(({ path, source }) =>
    importsOf(source)
      .filter(({ from, isType }) => {
        if (!from.startsWith(".")) {
          const name = from.startsWith("@") ? from.split("/").slice(0, 2).join("/") : from.split("/")[0]!;
          return ownedPackages[name] !== undefined && ownedPackages[name] !== part;
        }
        const target = partOf(join(dirname(path), from));
        return !allowed.includes(target) && !(isType && allowed.includes(`type ${target}`));
      })
      .map(({ from }) => `${path} → ${from}`),
  );
}

describe("src/", () => {
  it.each(Object.keys(mayImport))("%s imports only what it may", (part) => {
    const files = globSync(`src/${part}/**/*.ts`).map((path) => ({
      path,
      source: readFileSync(path, "utf8"),
    }));
    expect(strays(part, files)).toEqual([]);
  });

  it("has no part that the table does not know", () => {
    const parts = new Set(globSync("src/*/**/*.ts").map(partOf));
    expect([...parts].filter((part) => mayImport[part] === undefined)).toEqual([]);
  });

  it("reads the environment in config.ts alone", () => {
    const readers = globSync("src/**/*.ts").filter((file) =>
      readFileSync(file, "utf8").includes("process.env"),
    );
    expect(readers).toEqual(["src/config.ts"]);
  });
});

describe("the check itself", () => {
  it.each([
    ["domain", 'import { x } from "../store/event-rows.ts";', true],
    ["graphql", 'import { x } from "../store/event-rows.ts";', true],
    ["graphql", 'import type { X } from "../store/event-rows.ts";', false],
    ["graphql", 'import { type X, type Y } from "../store/event-rows.ts";', false],
    ["graphql", 'import { type X, y } from "../store/event-rows.ts";', true],
    ["graphql", 'const x = () => import("../store/event-rows.ts");', true],
    ["graphql", 'new Worker(new URL("../store/read-worker.ts", import.meta.url));', true],
    ["graphql", "new URL(`../store/read-worker${extname(import.meta.url)}`, import.meta.url);", true],
    ["graphql", 'moduleUrl("../store/read-worker", import.meta.url)', true],
    ["http", 'import { eq } from "drizzle-orm";', true],
    ["store", 'import { eq } from "drizzle-orm/sqlite-core";', false],
  ])("in %s finds a stray in %s: %s", (part, source, isStray) => {
    expect(strays(part, [{ path: `src/${part}/planted.ts`, source }]).length > 0).toBe(isStray);
  });
});
