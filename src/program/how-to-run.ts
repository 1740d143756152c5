import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { packageFolder } from "./package-folder.ts";

// Every package manager installs packages into this folder.
const isInstalled = basename(dirname(packageFolder)) === "node_modules";

// Neither the package nor an image has `build.ts`, so they have no use for the scripts that begin with it.
const isRepository = existsSync(join(packageFolder, "build.ts"));

/** The command line that a user types for a command of this program, such as `token list`. */
export function howToRun(command: string): string {
  if (isInstalled) return `npx issuewire ${command}`;
  if (!isRepository) return `node src/bin.js ${command}`;
  if (command === "serve") return "npm start";
  const [, flags] = /^simulate(.*)$/.exec(command) ?? [];
  if (flags !== undefined) return `npm run simulate${flags && ` --${flags}`}`;
  return `npm run issuewire -- ${command}`;
}
