import { buildSchema, parse } from "graphql";
import { expect, it } from "vitest";
import { unlimitedAdmin } from "../../src/domain/viewer.ts";
import { liveOperation } from "../../src/graphql/live/live-operation.ts";
import type { LiveSource } from "../../src/graphql/live/live-source.ts";
import { gateway } from "./gateway.ts";

/** What a subscription is taken to hold for each who follows it. */
async function bytesOf(variables: Record<string, unknown>): Promise<number> {
  const query = "subscription { issueChanged { cursor } }";
  const operation = gateway().yoga.operationOf({ query, variables });
  if (operation.is === "refused") throw operation.errors[0]!;
  const begun = await operation.begin({ viewer: unlimitedAdmin, lastEventId: null });
  return begun.is === "subscribed" ? begun.operation.bytes.each : NaN;
}

it.each([
  ["objects", {}, 64],
  ["lists", [], 40],
])("a subscription is taken to hold as much as its variables do: of %s", async (_, one, bytesOfOne) => {
  const [few, many] = [1, 1_001].map((length) => ({ x: Array.from({ length }, () => one) }));
  expect((await bytesOf(many!)) - (await bytesOf(few!))).toBeGreaterThanOrEqual(1_000 * bytesOfOne);
});

it("any subscription is told the same wherever it begins, and says the same whatever its other arguments", () => {
  const schema = buildSchema(`
    type Query { is: Int }
    type Subscription { renamed(since: Cursor, of: [String!]): Renamed! }
    type Renamed { title(since: Cursor): String }
    scalar Cursor`);
  const document = parse(`
    subscription ($since: Cursor, $of: [String!], $deep: Cursor) { ...Renamed }
    fragment Renamed on Subscription { renamed(since: $since, of: $of) { title(since: $deep) } }`);
  const source: LiveSource = {
    is: "entries",
    epoch: "e1",
    after: 1,
    toldOf: () => null,
    async *[Symbol.asyncIterator]() {},
  };
  const [first, begun, other, telling] = [
    { since: "a", of: ["x"], deep: "a" },
    { since: "b", of: ["x"], deep: "a" },
    { since: "a", of: ["y"], deep: "a" },
    { since: "a", of: ["x"], deep: "b" },
  ].map((variableValues) => {
    const args = { schema, document, variableValues };
    const operation = liveOperation(source, args, unlimitedAdmin, () => Promise.reject());
    return operation.is === "entries" ? operation : null;
  });
  expect(begun!.key).toBe(first!.key);
  expect([other!.says, other!.key === first!.key]).toEqual([first!.says, false]);
  expect(telling!.says).not.toBe(first!.says);
});
