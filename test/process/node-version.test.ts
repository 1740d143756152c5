import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Has Node say that it is this version. */
const pretending = (version: string) =>
  `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}})`;

const runOn = (version: string, file: string) =>
  spawnSync(process.execPath, ["--import", pretending(version), join(root, file), "--version"], {
    encoding: "utf8",
  });

describe("an older Node", () => {
  it.each(["build.js", "src/bin.js"])("is told by %s in one line, before anything is loaded", (file) => {
    const { status, stdout, stderr } = runOn("20.20.2", file);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^Issuewire needs Node 24 or newer; this is 20\.20\.2\. .+\n$/);
  });

  it("is what the library throws an error about", () => {
    const { status, stderr } = runOn("22.23.3", "src/library.cjs");
    expect(status).toBe(1);
    expect(stderr).toContain("Error: Issuewire needs Node 24 or newer; this is 22.23.3. ");
  });
});
