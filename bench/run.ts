import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Runs the bench that is named first, `ingest` by default: `npm run bench -- reads --requests 8000`. */

const [name = "ingest", ...words] = process.argv.slice(2);
const script = join(import.meta.dirname, name, "run.ts");
if (/^[a-z]+$/.test(name) && existsSync(script)) {
  process.argv.splice(2, Infinity, ...words);
  await import(script);
} else {
  const entries = readdirSync(import.meta.dirname, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  console.error(`There is no bench ${name}. There are: ${names.join(", ")}.`);
  process.exitCode = 1;
}
