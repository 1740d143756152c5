#!/usr/bin/env node
// Plain JavaScript, so that it can say on any Node what is missing, before anything is loaded that would crash there.
const [major] = process.versions.node.split(".").map(Number);
if (major === undefined || major < 24) {
  console.error(
    `Issuewire needs Node 24 or newer; this is ${process.versions.node}. Run it as "npm start", which brings its own.`,
  );
  process.exitCode = 1;
} else {
  await import("./cli.ts");
}
