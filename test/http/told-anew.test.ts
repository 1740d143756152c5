import { expect, it } from "vitest";
import { cursorOf } from "../../src/domain/cursor.ts";
import { errorOf } from "../../src/graphql/errors.ts";
import type { LiveOperation } from "../../src/graphql/live/live-operation.ts";
import { liveOverMemory } from "./live-operations.ts";

it("has a result told anew to whoever comes back for it, once what failed in a part of it is there again", async () => {
  const { live } = liveOverMemory(1);
  const away = { errors: [errorOf("SERVICE_UNAVAILABLE", "away")] };
  const results = [{ data: { total: null }, ...away }, { data: { total: 1 } }];
  const operation: LiveOperation = {
    is: "entries",
    key: "total",
    bytes: { once: 0, each: 0 },
    says: "total",
    epoch: "e",
    after: 0,
    tell: () => ({ as: "told", answer: async () => results.shift()! }),
  };
  const told = () =>
    new Promise<string>((resolve) => {
      const { position } = live.begin(operation, {
        connection: { client: "one" },
        hasRoom: () => true,
        write: ({ chunk }) => resolve(String(chunk)),
        caughtUp() {},
        end() {},
      });
      expect(position).toBe(0);
    });
  const id = `id: ${cursorOf({ epoch: "e", seq: 1 })}`;
  const partly = await told();
  expect(partly).toContain(id);
  expect(partly).toContain('"data":{"total":null}');
  expect(await told()).toContain(`${id}\nevent: next\ndata: {"data":{"total":1}}\n`);
});
