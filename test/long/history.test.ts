import { describe, it } from "vitest";
import { historyProperties } from "../domain/history-properties.ts";

describe("a history, 20,000 times", () => {
  it.each(Object.entries(historyProperties))("%s", (_, holds) => holds(20_000));
});
