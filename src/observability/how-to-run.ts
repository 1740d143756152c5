import { existsSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";

// The package leaves out what builds it. Where it is installed there are no npm scripts.
const isRepository = existsSync(join(dirname(findPackageJSON(import.meta.url)!), "build.ts"));

/** What a user types for a command of this program, such as `token list`, where the program lies. */
export function howToRun(command: string): string {
  if (!isRepository) return `npx issuewire ${command}`;
  if (command === "serve") return "npm start";
  const [, flags] = /^simulate(.*)$/.exec(command) ?? [];
  if (flags !== undefined) return `npm run simulate${flags && ` --${flags}`}`;
  return `npm run issuewire -- ${command}`;
}
