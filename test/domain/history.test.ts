import { describe, it } from "vitest";
import { historyProperties } from "./history-properties.ts";

describe("a history", () => {
  // Enough to notice most broken rules; test/long/history.test.ts asks for many more.
  it.each(Object.entries(historyProperties))("%s", (_, holds) => holds(1000));
});
