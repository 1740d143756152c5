import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** A folder with the modules of the store's threads, as JavaScript. */
    readonly threads: string;
  }
}

const root = join(import.meta.dirname, "..");

/**
 * Builds the modules of the store's threads once for a whole run: each test that opens a store starts several of them,
 * and reading them from their sources takes each the better part of a second.
 */
export default async function buildThreads(project: TestProject): Promise<() => void> {
  // Inside the project, where what is left out of the bundles is found, and the migrations.
  const folder = mkdtempSync(join(root, "test/.threads-"));
  await build({
    entryPoints: ["src/read-worker.ts", "src/write-worker.ts", "src/store/sqlite/checkpoint-worker.ts"],
    entryNames: "[name]",
    absWorkingDir: root,
    outdir: folder,
    bundle: true,
    platform: "node",
    format: "esm",
    // A binary.
    external: ["better-sqlite3"],
    sourcemap: "inline",
    logLevel: "warning",
  });
  project.provide("threads", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
