import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSecret, readSecret } from "../../src/sentry/secret.ts";
import { temporaryFolder } from "../store/open.ts";

describe("the secret that a gateway makes for itself", () => {
  it("is made once, for its owner alone, in a folder that need not be there", () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "data", "issuewire.db.secret");
    expect(readSecret(file)).toBeNull();
    const made = openSecret(file);
    expect(made).toMatch(/^[0-9a-f]{64}$/);
    expect(openSecret(file)).toBe(made);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(file))).toEqual(["issuewire.db.secret"]);
  });

  it("is said where it is not to be had, with what to do", () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db.secret");
    mkdirSync(`${file}.new`);
    expect(() => openSecret(file)).toThrow(`A secret cannot be stored in ${file}: `);
    mkdirSync(file);
    for (const open of [openSecret, readSecret])
      expect(() => open(file)).toThrow(`The secret cannot be read from ${file}: `);
  });

  it("is made where a full disk, or a crash, left a file without one", () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db.secret");
    writeFileSync(file, "", { mode: 0o644 });
    writeFileSync(`${file}.new`, "half", { mode: 0o644 });
    const secret = openSecret(file);
    expect(readFileSync(file, "utf8")).toBe(`${secret}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
