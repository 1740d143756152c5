import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { minifyIntrospection, outputIntrospectionFile } from "@gql.tada/internal";
import { buildSchema, introspectionFromSchema, type IntrospectionQuery } from "graphql";

/*
 * Writes what gql.tada needs to know of the schema beside each example that uses it: `npm run examples:types`. With
 * `--check`, it only says whether that is up to date.
 */

const root = join(import.meta.dirname, "..");
const schema = buildSchema(readFileSync(join(root, "schema.graphql"), "utf8"));
const introspection: IntrospectionQuery = introspectionFromSchema(schema, { descriptions: false });
const text = outputIntrospectionFile(minifyIntrospection(introspection), {
  fileType: ".d.ts",
  shouldPreprocess: true,
});

for (const example of ["apollo", "urql", "event-source", "node"]) {
  const file = join(import.meta.dirname, example, "src/graphql-env.d.ts");
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error(`${file} is not up to date: npm run examples:types`);
    process.exitCode = 1;
  }
}
