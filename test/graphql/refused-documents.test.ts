import { expect, it } from "vitest";
import { heapInUse } from "../garbage.ts";
import { gateway } from "./gateway.ts";

// Each about 90 kB, which is below the limit for a body. V8 keeps one byte for each character of such a text.
const requests = 200;
const padding = "y".repeat(90_000);

it.each([
  ["is not valid", (n: number) => `query ($x: String) { a${n}: __typename }`],
  ["cannot be parsed", (n: number) => `query ($x: String) { a${n}: `],
  [
    "nests too deep",
    (n: number) => `query ($x: String) { a${n}: ${"issue { ".repeat(30)} id ${"}".repeat(31)}`,
  ],
  ["does not name its operation", (n: number) => `query a${n} { __typename } query b { __typename }`],
  ["is a mutation", (n: number) => `mutation a${n}($x: String) { forget(id: $x) }`],
])("keeps nothing of the requests whose document %s", async (_, documentOf) => {
  const { post } = gateway();
  const ask = async (n: number): Promise<void> => {
    const response = await post({ query: documentOf(n), variables: { x: `${n}${padding}` } });
    expect(await response.json()).toHaveProperty("errors[0].extensions.code");
  };
  for (let n = 0; n < 20; n += 1) await ask(n);
  const before = heapInUse();
  for (let n = 20; n < 20 + requests; n += 1) await ask(n);
  expect(heapInUse() - before).toBeLessThan((requests * padding.length) / 2);
});
