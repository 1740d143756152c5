import { describe, expect, it } from "vitest";
import { accepted } from "../../src/http/accepted.ts";

describe("what an Accept header takes", () => {
  it.each([
    [undefined, "*/*"],
    ["", "*/*"],
    [
      "text/html;level=1;q=0.5, application/json;charset=utf-8",
      "application/json;charset=utf-8, text/html;level=1",
    ],
    ["text/html;q=0, */*;q=0.1", "*/*"],
    ["text/html;q=0", "none"],
  ])("of %j is %s", (header, taken) => {
    expect(accepted(header)).toBe(taken);
  });
});
