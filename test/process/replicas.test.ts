import { expect, it } from "vitest";
import { survivesReplicaKills } from "./replicas.ts";

it(
  "two replicas, of which one or the other is killed, lose and repeat nothing, and tell the same in the same order",
  { timeout: 120_000 },
  async () => {
    const { acknowledged, entries, resumed } = await survivesReplicaKills(3);
    expect(acknowledged).toBeGreaterThanOrEqual(3 * 2 * 10);
    expect(entries).toBeGreaterThan(0);
    expect(resumed).toBeGreaterThanOrEqual(3);
  },
);
