import { describe, expect, it } from "vitest";
import { tabText, titleText } from "../../src/web/client/title-text.ts";

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

describe("the name of an issue's tab", () => {
  const issue = { sentryId: "42", shortId: "API-1A", title: "TypeError" };

  it("is its short id and its title", () => {
    expect(tabText(issue)).toBe("API-1A TypeError");
  });

  it("has Sentry's id where there is no short one", () => {
    expect(tabText({ ...issue, shortId: null })).toBe("42 TypeError");
  });

  it("says where the title has nothing that can be seen", () => {
    expect(tabText({ ...issue, title: "\u200b" })).toBe("API-1A (no title)");
  });

  it("is bounded, and cuts no character in two", () => {
    expect(tabText({ ...issue, title: "x".repeat(80) })).toBe(`API-1A ${"x".repeat(80)}`);
    expect(tabText({ ...issue, title: "😀".repeat(81) })).toBe(`API-1A ${"😀".repeat(79)}…`);
  });
});
