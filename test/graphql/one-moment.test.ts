import { parse } from "graphql";
import { describe, expect, it } from "vitest";
import { cursorOf } from "../../src/domain/cursor.ts";
import { selectsFeedCursor } from "../../src/graphql/execution/one-moment.ts";
import { at, issue } from "./builders.ts";
import { fakeReader } from "./fake-reader.ts";
import { gateway, transactions } from "./gateway.ts";

describe("an operation that selects the feed's cursor", () => {
  it.each([
    ["{ feed { cursor } }", true],
    ["{ a: feed { b: cursor } }", true],
    ["{ ... { ... on Query { feed { ...F } } } } fragment F on Feed { ... { cursor } }", true],
    ["query A { ...Q } fragment Q on Query { feed { cursor } }", true],
    ["{ feed { epoch oldestCursor } }", false],
    ["{ feed { epoch } deliveries { edges { cursor } } }", false],
    ["{ deliveries { nodes { cursor } } }", false],
    ['{ node(id: "1") { ... on IssueEvent { cursor } } }', false],
    ["query A { __typename } fragment Q on Query { feed { cursor } }", false],
  ])("is recognised: %s", (text, is) => {
    expect(selectsFeedCursor(parse(text))).toBe(is);
  });

  it("is the one that is asked for, of several", () => {
    const document = parse("query A { feed { cursor } } query B { feed { epoch } }");
    expect(selectsFeedCursor(document, "A")).toBe(true);
    expect(selectsFeedCursor(document, "B")).toBe(false);
  });

  it("is looked for in each fragment once, however often it is spread", () => {
    const levels = Array.from(
      { length: 64 },
      (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} feed { epoch } }`,
    );
    const bomb = `{ ...F0 } ${levels.join(" ")} fragment F64 on Query`;
    expect(selectsFeedCursor(parse(`${bomb} { __typename }`))).toBe(false);
    expect(selectsFeedCursor(parse(`${bomb} { feed { cursor } }`))).toBe(true);
  });

  const listWithCursor = "{ issues { totalCount nodes { id raw } } feed { cursor } }";

  it("reads all of it in one transaction, its position first, and disposes it", async () => {
    const reader = fakeReader({ issues: [issue("1")] });
    const { store, counts } = transactions(reader);
    const outside = {
      ...reader,
      issuePage: () => Promise.reject(new Error("read outside of the transaction")),
    };
    const { data } = gateway({}, { store: { ...store, reader: outside } });

    expect(await data(listWithCursor)).toMatchObject({
      feed: { cursor: cursorOf(at(0)) },
      issues: { totalCount: 1 },
    });
    expect(reader.asked[0]).toEqual({ name: "bounds", args: [] });
    expect(counts).toEqual({ open: 0, opened: 1 });
  });

  it("disposes it when fields fail", async () => {
    const { store, counts } = transactions({
      ...fakeReader({}),
      issuePage: () => Promise.reject(new Error("broken")),
    });
    expect(await gateway({}, { store }).codes(listWithCursor)).toEqual(["INTERNAL_SERVER_ERROR"]);
    expect(counts).toEqual({ open: 0, opened: 1 });
  });

  it("disposes it when the first read fails", async () => {
    const { store, counts } = transactions({
      ...fakeReader({}),
      bounds: () => Promise.reject(new Error("broken")),
    });
    expect(await gateway({}, { store }).codes(listWithCursor)).toEqual(["INTERNAL_SERVER_ERROR"]);
    expect(counts).toEqual({ open: 0, opened: 1 });
  });

  it("disposes it when its variables are wrong", async () => {
    const { store, counts } = transactions(fakeReader({}));
    const query = "query ($first: Int) { issues(first: $first) { totalCount } feed { cursor } }";
    expect(await gateway({}, { store }).codes(query, { first: "1" })).toEqual(["BAD_USER_INPUT"]);
    expect(counts.open).toBe(0);
  });

  it.each([
    ["query A { feed { cursor } }", undefined, 1],
    ["query A { feed { cursor } }", "A", 1],
    ["query A { feed { cursor } } query B { feed { epoch } }", "A", 1],
    ["query A { feed { cursor } } query B { feed { epoch } }", "B", 0],
  ])("opens one where it is the one that is asked for: %s, %s", async (query, operationName, opened) => {
    const { store, counts } = transactions(fakeReader({}));
    const response = await gateway({}, { store }).post({ query, operationName });
    expect([await response.json(), counts]).toEqual([{ data: expect.anything() }, { open: 0, opened }]);
  });

  it("is the only one that opens any", async () => {
    const { store, counts } = transactions(fakeReader({}));
    await gateway({}, { store }).data("{ issues { totalCount } feed { epoch } }");
    expect(counts.opened).toBe(0);
  });
});
