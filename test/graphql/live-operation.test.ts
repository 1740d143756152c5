import { expect, it } from "vitest";
import { unlimitedAdmin } from "../../src/domain/viewer.ts";
import { createBegin } from "../../src/graphql/live/begin.ts";
import { gateway } from "./gateway.ts";

/** What a subscription is taken to hold for each who follows it. */
async function bytesOf(variables: Record<string, unknown>): Promise<number> {
  const begin = createBegin(gateway().yoga);
  const params = { query: "subscription { issueChanged { cursor } }", variables };
  const operation = await begin(params, { viewer: unlimitedAdmin, lastEventId: null });
  return operation!.bytes.each;
}

it.each([
  ["objects", {}, 64],
  ["lists", [], 40],
])("a subscription is taken to hold as much as its variables do: of %s", async (_, one, bytesOfOne) => {
  const [few, many] = [1, 1_001].map((length) => ({ x: Array.from({ length }, () => one) }));
  expect((await bytesOf(many!)) - (await bytesOf(few!))).toBeGreaterThanOrEqual(1_000 * bytesOfOne);
});
