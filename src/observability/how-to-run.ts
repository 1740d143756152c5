import { existsSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { basename, dirname, join } from "node:path";

const root = dirname(findPackageJSON(import.meta.url)!);

// What a package is installed into, by whichever package manager.
const isInstalled = basename(dirname(root)) === "node_modules";

// Neither the package nor an image has what builds the program, and so none of the scripts that begin with it.
const isRepository = existsSync(join(root, "build.ts"));

/** What a user types for a command of this program, such as `token list`, where the program lies. */
export function howToRun(command: string): string {
  if (isInstalled) return `npx issuewire ${command}`;
  if (!isRepository) return `node src/bin.js ${command}`;
  if (command === "serve") return "npm start";
  const [, flags] = /^simulate(.*)$/.exec(command) ?? [];
  if (flags !== undefined) return `npm run simulate${flags && ` --${flags}`}`;
  return `npm run issuewire -- ${command}`;
}
