import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { buildInto } from "../build.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder with the program as it is shipped. */
    readonly built: string;
  }
}

/** Builds the program once per run, for tests that start it and for the threads of tests that open a store. */
export default async function buildOnce(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(import.meta.dirname, ".built-"));
  await buildInto(folder);
  project.provide("built", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
