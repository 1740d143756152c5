import { globSync } from "node:fs";
import { join } from "node:path";
import { parse, specifiedRules, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { schema } from "../../src/graphql/schema.ts";
import type { Operation } from "../../src/web/client/ask.ts";

const folder = join(import.meta.dirname, "../../src/web/client/operations");

/** What the files export, but for parts of several operations. */
const operations = await Promise.all(
  globSync("*.ts", { cwd: folder, exclude: ["shapes.ts"] }).map(
    async (file) =>
      [file, (await import(join(folder, file))) as Record<string, Operation<unknown, never>>] as const,
  ),
);

describe.each(operations)("the page's operations in %s", (_file, exported) => {
  it.each(Object.entries(exported))("are operations of this schema: %s", (_name, { text }) => {
    expect(validate(schema, parse(text), specifiedRules)).toEqual([]);
  });
});
