#!/usr/bin/env node
// Plain JavaScript that any Node runs, so that it can say what is missing before loading anything that would crash.
import { existsSync } from "node:fs";
import { faultOfNode } from "./node-version.cjs";

const program = new URL("../dist/cli.js", import.meta.url);
if (faultOfNode !== null) {
  console.error(faultOfNode);
  process.exitCode = 1;
} else if (!existsSync(program)) {
  console.error('Issuewire is not built. Run "npm run build", or "npm start", which does it by itself.');
  process.exitCode = 1;
} else {
  await import(program.href);
}
