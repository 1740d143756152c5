// Builds the program into `dist`. Plain JavaScript, so that it can say on any Node what is missing: npm runs it first.
import { join } from "node:path";
import { faultOfNode } from "./src/node-version.cjs";

if (faultOfNode !== null) {
  console.error(faultOfNode);
  process.exitCode = 1;
} else {
  const { buildInto } = await import("./build.ts");
  await buildInto(join(import.meta.dirname, "dist"));
}
