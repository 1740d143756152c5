import { globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";

type Manifest = {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
};
type Locked = { readonly integrity?: string; readonly resolved?: string };

const { dependencies, optionalDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const declared = Object.keys({ ...dependencies, ...optionalDependencies }).toSorted();

/** The package that an import names: a folder of it, or a scope, is not its name. */
const packageOf = (from: string): string => from.split("/", from.startsWith("@") ? 2 : 1).join("/");

describe("what the gateway is made of", () => {
  it("is what its sources import, and nothing else", () => {
    const imported = globSync("src/**/*.ts").flatMap((file) =>
      [
        ...readFileSync(file, "utf8").matchAll(/^(?:import|export)\b(?:[^;"=()]* from)? "([^."][^"]*)"/gm),
      ].map(([, from]) => packageOf(from!)),
    );
    const packages = new Set(imported.filter((name) => !isBuiltin(name)));
    // npm runs the scripts with it.
    expect([...packages, "node"].toSorted()).toEqual(declared);
  });

  it("is built with one copy of graphql-js, in its form as modules", () => {
    const program = readFileSync(join(inject("built"), "cli.js"), "utf8");
    const files = [...program.matchAll(/^\/\/ node_modules\/graphql\/(.*)$/gm)].map(([, file]) => file!);
    expect(files).toContain("error/GraphQLError.mjs");
    expect(files.filter((file) => !file.endsWith(".mjs"))).toEqual([]);
  });

  it("tells the licence of each package that is built in once, and its text or where that is", () => {
    const notices = readFileSync(join(inject("built"), "THIRD-PARTY-NOTICES.txt"), "utf8")
      .trim()
      .split(`\n\n${"-".repeat(80)}\n\n`);
    const names = notices.map((notice) => notice.split("\n")[0]!);
    expect(names).toEqual([...new Set(names)].toSorted());
    const told = /copyright|\nIts text is in \S+$/i;
    expect(notices.filter((notice) => !told.test(notice))).toEqual([]);
  });

  it("has a reason for each part, in CONTRIBUTING.md", () => {
    const table = readFileSync("CONTRIBUTING.md", "utf8").split("## Runtime dependencies")[1]!;
    const rows = table.split("\n").filter((line) => /^\| [^-]/.test(line));
    const named = rows.slice(1).map((row) => row.split("|").map((cell) => cell.trim()));
    for (const [, , reason] of named) expect(reason).not.toBe("");
    expect(named.flatMap(([, names]) => names!.replace(" (optional)", "").split(", ")).toSorted()).toEqual(
      declared,
    );
  });

  it("is locked to the byte, from npm's own registry", () => {
    const locked = Object.entries(packages).filter(([name]) => name !== "");
    expect(locked.length).toBeGreaterThan(declared.length);
    for (const [name, { integrity, resolved = "https://registry.npmjs.org/" }] of locked)
      expect([name, integrity, resolved]).toEqual([
        name,
        expect.stringMatching(/^sha512-[A-Za-z0-9+/]{86}==$/),
        expect.stringMatching(/^https:\/\/registry\.npmjs\.org\//),
      ]);
  });
});
