#!/usr/bin/env node
// Plain JavaScript, so that it can say on any Node what is missing, before anything is loaded that would crash there.
import { existsSync } from "node:fs";

const [major] = process.versions.node.split(".").map(Number);
const program = new URL("../dist/cli.js", import.meta.url);
if (major === undefined || major < 24) {
  console.error(
    `Issuewire needs Node 24 or newer; this is ${process.versions.node}. Run it by npm, as "npm start" or "npx issuewire", which brings its own unless optional packages or install scripts were left out; or install that.`,
  );
  process.exitCode = 1;
} else if (!existsSync(program)) {
  console.error('Issuewire is not built. Run "npm run build", or "npm start", which does it by itself.');
  process.exitCode = 1;
} else {
  await import(program.href);
}
