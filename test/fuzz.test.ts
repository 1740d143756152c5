import { it } from "vitest";
import {
  graphqlBodies,
  malformedHttp,
  randomQueries,
  webhookBodies,
  webSocketMessages,
} from "./fuzz/experiments.ts";

/** The same inputs in every run; `test:long` makes many more, and others each time. */
const seed = 20_261_001;

it("answers bytes that are nearly HTTP", () => malformedHttp({ count: 200, seed }));
it("keeps every signed body, whatever it holds", () => webhookBodies({ count: 150, seed }));
it("answers bodies that are nearly GraphQL requests", () => graphqlBodies({ count: 200, seed }));
it("ends sockets that speak nearly its protocol", () => webSocketMessages({ count: 60, seed }));
it("answers every query that its schema allows", () => randomQueries({ count: 150, seed }));
