import { gunzipSync } from "node:zlib";
import { parse, specifiedRules, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { graphiQLTabs } from "../../src/graphql/graphiql-tabs.ts";
import { schema } from "../../src/graphql/schema.ts";
import { sharedBodyOf } from "../../src/graphql/shared-body.ts";
import { fakeReader } from "./fake-reader.ts";
import { gateway, transactions } from "./gateway.ts";

const operations = graphiQLTabs.map(({ query, variables = "{}" }) => ({
  name: /^(?:query|subscription) (\w+)/m.exec(query)?.[1],
  query,
  variables: JSON.parse(variables) as object,
}));

describe("GraphiQL's tabs", () => {
  it.each(operations)("are operations of this schema: $name", ({ query }) => {
    expect(validate(schema, parse(query), specifiedRules)).toEqual([]);
  });

  it.each(operations.filter(({ query }) => query.includes("\nquery ")))(
    "answer without an error: $name",
    async ({ query, variables }) => {
      const { store } = transactions(fakeReader({}));
      expect(await gateway({}, { store }).ask(query, variables)).not.toHaveProperty("errors");
    },
  );

  it.each(operations)("explain themselves in lines as short as its editor is narrow: $name", ({ query }) => {
    for (const comment of query.split("\n").filter((line) => line.startsWith("#")))
      expect(comment.length, comment).toBeLessThan(48);
  });

  it("list what is open however long ago Sentry last told of it", () => {
    expect(graphiQLTabs[0]!.query).not.toMatch(/lastSeen:/);
  });

  it("are a list, a history, statistics and two subscriptions", () => {
    expect(graphiQLTabs.map(({ query }) => /^(query|subscription)/m.exec(query)?.[0])).toEqual([
      "query",
      "query",
      "query",
      "subscription",
      "subscription",
    ]);
  });
});

describe("GraphiQL", () => {
  const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

  it("is not for who says nothing of what it takes", async () => {
    const { send } = gateway({}, { graphiql: true });
    const response = await send({ search: "query={__typename}", headers: {} });
    expect([response.status, await response.json()]).toEqual([200, { data: { __typename: "Query" } }]);
  });

  it.each(["gzip", "identity"])("is in memory once, however many are sent it as %s", async (encoding) => {
    const { send } = gateway({}, { graphiql: true });
    const headers = { ...browser, "accept-encoding": encoding };
    const [first, ...others] = await Promise.all([1, 2, 3].map(async () => send({ headers })));
    const body = sharedBodyOf(first!);
    expect(body?.byteLength).toBeGreaterThan(1_000_000);
    for (const other of others) expect(sharedBodyOf(other)).toBe(body);
    expect(sharedBodyOf(await send({ headers }))).toBe(body);
  });

  it("is a page that needs nothing else, compressed for those who take that", async () => {
    const { send } = gateway({}, { graphiql: true });
    const plain = await send({ headers: browser });
    expect(plain.status).toBe(200);
    expect(plain.headers.get("content-security-policy")).toBe(
      "frame-ancestors 'none'; img-src 'self' data:; connect-src 'self'",
    );
    expect(plain.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const page = await plain.text();
    expect(page).toContain("YogaGraphiQL");
    expect(page).toContain("subscription OpenIssuesLive");
    expect(page).not.toMatch(/<(script|link|img)[^>]+(src|href)="?https?:/);

    const compressed = await send({ headers: { ...browser, "accept-encoding": "gzip, br" } });
    expect(compressed.headers.get("content-encoding")).toBe("gzip");
    expect(gunzipSync(await compressed.arrayBuffer()).toString("utf8")).toBe(page);

    const refused = await send({ headers: { ...browser, "accept-encoding": "gzip;q=0, identity" } });
    expect(refused.headers.get("content-encoding")).toBeNull();
    expect(await refused.text()).toBe(page);
  });

  it("is not for those who post, or do not ask for a page", async () => {
    const { send, post } = gateway({}, { graphiql: true });
    expect((await post({ query: "{ __typename }" }, browser)).headers.get("content-type")).toContain("json");
    const search = "query={__typename}";
    expect((await send({ search, headers: { accept: "*/*" } })).headers.get("content-type")).toContain(
      "json",
    );
  });

  it("is not there when it is switched off", async () => {
    expect((await gateway().send({ headers: { accept: "text/html" } })).status).not.toBe(200);
  });
});
