import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { getOperationAST, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { describeSettings } from "../src/config.ts";
import { errorCodes } from "../src/graphql/errors.ts";
import { schema } from "../src/graphql/schema.ts";
import { createMetrics, measureWhenAsked } from "../src/observability/metrics.ts";
import { fakeReader } from "./graphql/fake-reader.ts";
import { gateway } from "./graphql/gateway.ts";

const readme = readFileSync("README.md", "utf8");

/** The rows of the first table after this heading, each as its cells. */
function tableUnder(heading: string, page = readme): readonly (readonly string[])[] {
  const section = page.slice(page.indexOf(`\n${heading}\n`));
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

  it("lists every setting, with its default and what it does", () => {
    const settings = describeSettings().map((setting) => [
      `\`${setting.name}\``,
      setting.default && `\`${setting.default}\``,
      setting.description,
    ]);
    expect(tableUnder("## Settings")).toEqual(settings);
  });
});

describe("docs/clients.md", () => {
  it("lists every code of an error, and says what it tells", () => {
    const page = readFileSync("docs/clients.md", "utf8");
    expect(Object.fromEntries(tableUnder("## Errors", page))).toEqual(errorCodes);
  });
});

describe("docs/operating.md", () => {
  it("lists every metric, and says what it is", async () => {
    using metrics = createMetrics();
    const none = { queue: async () => 0, tailLagSeconds: () => 0 };
    measureWhenAsked(metrics, { ...none, walBytes: async () => 0, silenceSeconds: async () => 0 });
    const measured = await metrics.registry.getMetricsAsJSON();
    const page = readFileSync("docs/operating.md", "utf8");
    expect(tableUnder("## Watching it", page)).toEqual(
      measured.map(({ name, help }) => [`\`${name}\``, help]),
    );
  });
});

/** What is told in Markdown, without what is code. */
const proseOf = (file: string) => readFileSync(file, "utf8").replaceAll(/^```[^]*?^```$/gm, "");

/** What leads to the headings of a page, as GitHub names them. */
function anchorsOf(file: string): readonly string[] {
  const headings = [...proseOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s-]/gu, "")
      .replaceAll(/\s/g, "-"),
  );
}

/** The links of a page to what is in this repository, and is not. */
function brokenLinksOf(file: string): readonly string[] {
  const links = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path, anchor] = link.split("#") as [string, string?];
    const target = path === "" ? file : join(dirname(file), path);
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
  });
}

const pages = globSync(["*.md", "docs/*.md", "bench/*.md", "examples/*.md", "examples/*/README.md"]);

describe("links and anchors", () => {
  it.each(pages)("lead somewhere: %s", (file) => expect(brokenLinksOf(file)).toEqual([]));
});
