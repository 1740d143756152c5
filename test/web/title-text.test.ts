import { describe, expect, it } from "vitest";
import { titleText } from "../../src/web/client/title-text.ts";

describe("the title of an issue", () => {
  it.each(["", "  ", "\u200b", "\u00a0\u2060\ufeff\u200d", "\u3164", "\u202e", "\u0007"])(
    "has something in its place where nothing can be seen: %j",
    (title) => {
      expect(titleText(title)).toBe("(no title)");
    },
  );

  it.each(["TypeError", "👩\u200d👩", "\u200bx", ".", "خطأ"])("is as it is: %j", (title) => {
    expect(titleText(title)).toBe(title);
  });
});
