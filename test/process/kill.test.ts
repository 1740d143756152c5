import { describe, expect, it } from "vitest";
import { startProcess } from "./gateway.ts";
import { killUnderLoad, lostFrom, survivesKills } from "./kills.ts";

describe("a gateway that is killed under load", () => {
  it(
    "has everything that it acknowledged, once, and whole, over 20 rounds",
    { timeout: 120_000 },
    async () => {
      const { acknowledged } = await survivesKills(20);
      expect(acknowledged).toBeGreaterThanOrEqual(20 * 20);
    },
  );

  it("loses some when it acknowledges before it commits, so the experiment can fail", async () => {
    await using first = await startProcess();
    await first.end("SIGTERM");
    const acknowledged = await killUnderLoad(0, first.database, "test/process/ack-before-commit.ts");
    expect(lostFrom(first.database, acknowledged).length).toBeGreaterThan(0);
  });
});
