import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isOfAnotherEpoch,
  keyOfPageCursor,
  pageCursorOf,
  type PagedList,
} from "../../src/graphql/paging/page-cursor.ts";

type Row = { readonly name: string; readonly size: number | null };

const bySize = (name: string): PagedList<Row, readonly [number | null, string]> => ({
  name,
  keyOf: (row) => [row.size, row.name],
  toJson: (key) => key,
  fromJson: ([size, rowName]) =>
    (typeof size === "number" || size === null) && typeof rowName === "string" ? [size, rowName] : null,
});

describe("a page cursor", () => {
  it("gives back the key that it was made of", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.integer()), (name, size) => {
        const cursor = pageCursorOf(bySize("rows"), { name, size });
        expect(keyOfPageCursor(bySize("rows"), cursor)).toEqual([size, name]);
      }),
    );
  });

  it("is one however long its key is", () => {
    const name = "slug-".repeat(2_000);
    expect(keyOfPageCursor(bySize("rows"), pageCursorOf(bySize("rows"), { name, size: 1 }))).toEqual([
      1,
      name,
    ]);
  });

  it("is of no use to another list", () => {
    const cursor = pageCursorOf(bySize("rows"), { name: "a", size: 1 });
    expect(keyOfPageCursor(bySize("other rows"), cursor)).toBe(null);
  });

  it("is of one epoch, where its list's keys are", () => {
    const list = { ...bySize("rows"), epoch: "e2" };
    const row = { name: "a", size: 1 };
    const made = (from: PagedList<Row, readonly [number | null, string]>) => {
      const cursor = pageCursorOf(from, row);
      return [keyOfPageCursor(list, cursor), isOfAnotherEpoch(list, cursor)];
    };
    expect(made(list)).toEqual([[1, "a"], false]);
    expect(made({ ...list, epoch: "e1" })).toEqual([null, true]);
    expect(made({ ...list, name: "other rows", epoch: "e1" })).toEqual([null, false]);
    expect(made({ ...list, epoch: "e1", toJson: () => ["other", "keys"] })).toEqual([null, false]);
    expect(isOfAnotherEpoch(bySize("rows"), pageCursorOf(list, row))).toBe(false);
    expect(isOfAnotherEpoch(list, "garbage")).toBe(false);
  });

  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

  it.each([
    "",
    "garbage",
    "' OR 1=1 --",
    "🙂",
    "a".repeat(5000),
    encoded(null),
    encoded({}),
    encoded([]),
    encoded(["p1"]),
    encoded(["p1", "rows"]),
    encoded(["p1", "rows", "1", "a"]),
    encoded(["p0", "rows", 1, "a"]),
    encoded("p1"),
    encoded(["p1", "rows", 1, "a", "more"]),
    `${encoded(["p1", "rows", 1, "a"])}=`,
    encoded(["p1", "rows", 1, "a"]).replace(/^/, "\n"),
    Buffer.from('["p1", "rows", 1, "a"]').toString("base64url"),
    Buffer.from('["p1","rows",1.0,"a"]').toString("base64url"),
  ])("is not %j", (text) => {
    expect(keyOfPageCursor(bySize("rows"), text)).toBe(null);
  });

  it("is null for every text that is none", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => Buffer.from(json).toString("base64url")),
        ),
        (text) => {
          expect(keyOfPageCursor(bySize("rows"), text)).toBe(null);
        },
      ),
    );
  });
});
