import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { packageFolder } from "./package-folder.ts";

// What a package is installed into, by whichever package manager.
const isInstalled = basename(dirname(packageFolder)) === "node_modules";

// Neither the package nor an image has what builds the program, and so none of the scripts that begin with it.
const isRepository = existsSync(join(packageFolder, "build.ts"));

/** What a user types for a command of this program, such as `token list`, where the program lies. */
export function howToRun(command: string): string {
  if (isInstalled) return `npx issuewire ${command}`;
  if (!isRepository) return `node src/bin.js ${command}`;
  if (command === "serve") return "npm start";
  const [, flags] = /^simulate(.*)$/.exec(command) ?? [];
  if (flags !== undefined) return `npm run simulate${flags && ` --${flags}`}`;
  return `npm run issuewire -- ${command}`;
}
