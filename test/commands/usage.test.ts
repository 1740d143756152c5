import { describe, expect, it } from "vitest";
import { commandWith } from "../process/command.ts";

describe("a mistyped command line", () => {
  it.each([
    ["tokn", "unknown command 'tokn'\n(Did you mean token?)"],
    ["token lst", "unknown command 'lst'\n(Did you mean list?)"],
    ["forget issue", "missing required argument 'issue'"],
    ["copy", "required option '--from <url>' not specified"],
    ["serve now", "too many arguments for 'serve'. Expected 0 arguments but got 1: now."],
  ])("is told what is wrong with it, and where help is: %s", async (words, wrong) => {
    expect(await commandWith({ settings: {} }, ...words.split(" ")).ended).toEqual({
      code: 1,
      output: `error: ${wrong}\nAdd --help to see what there is.\n`,
    });
  });
});
