import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

/** Fails when the tables say something that no migration does yet. */

const databases = [
  { name: "sqlite", dialect: "sqlite" },
  { name: "postgres", dialect: "postgresql" },
];
const root = join(import.meta.dirname, "..");

for (const { name: database, dialect } of databases) {
  const folder = join(root, "drizzle", database);
  const copy = mkdtempSync(join(tmpdir(), "issuewire-migrations-"));
  try {
    cpSync(folder, copy, { recursive: true });
    const schema = `./src/store/tables/${database}.ts`;
    const args = ["generate", "--dialect", dialect, "--schema", schema, "--out", relative(root, copy)];
    const run = spawnSync(join(root, "node_modules/.bin/drizzle-kit"), args, { cwd: root, encoding: "utf8" });
    const isNew = readdirSync(copy).length > readdirSync(folder).length;
    if (run.status !== 0) console.error(run.stdout, run.stderr);
    if (isNew) console.error(`The tables of ${database} have changed: run "npm run migrations".`);
    if (run.status !== 0 || isNew) process.exitCode = 1;
  } finally {
    rmSync(copy, { recursive: true });
  }
}
