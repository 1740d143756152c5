import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { askedInForms } from "../../src/store/queries/query.ts";
import { createBoundedCache } from "../../src/store/bounded-cache.ts";
import { createRequestIds } from "../../src/store/request-ids.ts";
import { withPrepared } from "../../src/store/sqlite/connection.ts";

describe("what is asked again", () => {
  it("is prepared once, but for statements that would take much memory", () => {
    using client = Object.assign(new Database(":memory:"), {
      [Symbol.dispose]: () => void client.close(),
    });
    const { prepare } = withPrepared(client);
    const long = (characters: number) => `select 1 /* ${"x".repeat(characters)} */`;
    expect(prepare(long(100_000))).toBe(prepare(long(100_000)));
    expect(prepare(long(200_000))).not.toBe(prepare(long(200_000)));
    expect(prepare(long(200_000)).pluck().get()).toBe(1);
  });

  it("is planned once, though it has an order, a limit and what a column is equal to", () => {
    using client = Object.assign(new Database(":memory:"), {
      [Symbol.dispose]: () => void client.close(),
    });
    client.exec("create table issues (id integer primary key, status text, level text)");
    client.exec("insert into issues (status, level) values ('7', null), ('7', null), ('8', null)");
    const listed = withPrepared(client).prepare<[string, null, number], number>(
      "select id from issues where status = ? and level is ? order by id desc limit ?",
    );
    // A parameter alone is what SQLite would plan by.
    expect(listed.source).not.toMatch(/(?:=|is|limit) \?/);
    expect(listed.pluck().all("7", null, 5)).toEqual([2, 1]);
    expect(listed.pluck().all("7", null, 1)).toEqual([2]);
  });

  it("is built once for each form, but for forms that would take much memory", async () => {
    let built = 0;
    const ask = askedInForms<number>();
    const build = () => {
      built += 1;
      return Object.assign(Promise.resolve([built]), {
        prepare: () => ({ execute: () => Promise.resolve([built]) }),
      });
    };
    for (const form of ["short", "short"]) await ask(form, build, {});
    expect(built).toBe(1);
    const long = "x".repeat(20_000);
    for (const form of [long, long, "short"]) await ask(form, build, {});
    expect(built).toBe(3);
  });

  it("is forgotten once others, as long together as may be, were asked for since", () => {
    const recent = createBoundedCache<{ readonly nth: number }>(100);
    let made = 0;
    const nth = (name: string) => recent(name.repeat(20), () => ({ nth: (made += 1) })).nth;
    for (const name of ["a", "b", "c", "d", "e", "a", "f"]) nth(name);
    expect(made).toBe(6);
    expect([nth("a"), made]).toEqual([1, 6]);
    expect([nth("b"), made]).toEqual([7, 7]);
  });
});

describe("a Request-ID", () => {
  const requestId = "a".repeat(32);
  const [first, second] = ["1".repeat(64), "2".repeat(64)];
  const came = [first, second, second, first, second];

  it("is reused by any body but the first that it came with", () => {
    const { isReused } = createRequestIds([]);
    expect(came.map((sha256) => isReused(requestId, sha256))).toEqual([false, true, true, false, true]);
  });

  it("is so whether or not the gateway was started anew in between", () => {
    for (const at of came.keys()) {
      const before = came.slice(0, at).map((sha256) => ({ requestId, sha256 }));
      expect(createRequestIds(before).isReused(requestId, came[at]!)).toBe(came[at] === second);
    }
  });
});
