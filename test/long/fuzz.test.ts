import { it } from "vitest";
import {
  graphqlBodies,
  malformedHttp,
  randomQueries,
  webhookBodies,
  webSocketMessages,
} from "../fuzz/experiments.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
console.log(`SEED=${seed} makes these inputs again`);

it("answers bytes that are nearly HTTP", () => malformedHttp({ count: 5_000, seed }));
it("keeps every signed body, whatever it holds", () => webhookBodies({ count: 2_000, seed }));
it("answers bodies that are nearly GraphQL requests", () => graphqlBodies({ count: 2_000, seed }));
it("ends sockets that speak nearly its protocol", () => webSocketMessages({ count: 1_000, seed }));
it("answers every query that its schema allows", () => randomQueries({ count: 3_000, seed }));
