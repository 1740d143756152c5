import { readFileSync } from "node:fs";
import { getOperationAST, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { errorCodes } from "../src/graphql/errors.ts";
import { schema } from "../src/graphql/schema.ts";
import { createMetrics, measureWhenAsked } from "../src/observability/metrics.ts";
import { fakeReader } from "./graphql/fake-reader.ts";
import { gateway } from "./graphql/gateway.ts";

const readme = readFileSync("README.md", "utf8");

/** The rows of the first table after this heading, each as its cells. */
function tableUnder(heading: string): readonly (readonly string[])[] {
  const section = readme.slice(readme.indexOf(`\n${heading}\n`));
  const [table = ""] = /^\|[^]*?\n(?=\n)/m.exec(section) ?? [];
  const rows = table
    .trim()
    .split("\n")
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return rows.slice(2);
}

/** What stands in a block of its own, as GraphQL. */
const documents = [...readme.matchAll(/^```graphql\n([^]*?)^```$/gm)].map(([, document]) => document!);

describe("the README", () => {
  it.each(documents)("shows GraphQL that can be asked as it is: %s", async (document) => {
    expect(validate(schema, parse(document))).toEqual([]);
    const operation = getOperationAST(parse(document));
    if (operation?.operation !== "query") return;
    const reader = fakeReader({});
    const readTransaction = async () => ({ ...reader, [Symbol.asyncDispose]: async () => {} });
    const { ask } = gateway({}, { store: { reader, readTransaction } });
    expect((await ask(document)).errors).toBeUndefined();
  });

  it("lists every code of an error, and says what it tells", () => {
    expect(Object.fromEntries(tableUnder("## Errors"))).toEqual(errorCodes);
  });

  it("lists every metric, and says what it is", async () => {
    using metrics = createMetrics();
    const none = { queue: async () => 0, tailLagSeconds: () => 0 };
    measureWhenAsked(metrics, { ...none, walBytes: async () => 0, silenceSeconds: async () => 0 });
    const measured = await metrics.registry.getMetricsAsJSON();
    expect(tableUnder("### Watching it")).toEqual(measured.map(({ name, help }) => [`\`${name}\``, help]));
  });
});
