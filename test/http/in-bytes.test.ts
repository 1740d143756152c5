import { describe, expect, it } from "vitest";
import { inBytes } from "../../src/http/in-bytes.ts";

describe("a text in bytes", () => {
  it.each(["", "plain", "Größe", "\0\u007f\u0080\u00ff", "数据库 Ошибка", "😀", `${"a".repeat(70_000)}…`])(
    "is its UTF-8: %.20s",
    (text) => {
      expect(Buffer.from(inBytes(text), "latin1").toString("utf8")).toBe(text);
      expect(inBytes(text)).toHaveLength(Buffer.byteLength(text));
    },
  );

  it("is that of a lone surrogate that JSON has escaped", () => {
    const json = JSON.stringify({ title: "half \ud83d of 数" });
    expect(Buffer.from(inBytes(json), "latin1").toString("utf8")).toBe(json);
  });
});
