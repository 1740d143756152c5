import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import fastify from "fastify";
import { createYoga } from "graphql-yoga";
import mercurius from "mercurius";
import { unlimitedAdmin } from "../../src/domain/viewer.ts";
import { createContext, type Services } from "../../src/graphql/context.ts";
import { schema } from "../../src/graphql/schema.ts";
import { issueObjectOf } from "../../src/sentry/raw-issue.ts";
import { openReader } from "../../src/store/sqlite/connection.ts";
import { readerOf } from "../../src/store/sqlite/reader.ts";

/**
 * Serves the gateway's own schema and resolvers, from a store that nobody writes, by another server.
 *
 * Arguments: which server, database file. Prints its port.
 */

const [kind, file] = process.argv.slice(2) as ["yoga" | "apollo" | "mercurius", string];

const reader = readerOf(openReader(file), { issueObjectOf });
const services = {
  store: { reader, readTransaction: () => Promise.reject(new Error("Nothing here asks for one.")) },
  feed: { silenceAfterMs: null, refusedSinceStart: () => 0 },
  clock: Date.now,
} as unknown as Services;
const context = () => createContext(services, { viewer: unlimitedAdmin, lastEventId: null });

switch (kind) {
  case "yoga": {
    const yoga = createYoga({ schema, context, logging: false });
    const server = createServer((request, response) => void yoga(request, response));
    server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
    break;
  }
  case "apollo": {
    const server = new ApolloServer({ schema });
    const { url } = await startStandaloneServer(server, {
      listen: { port: 0, host: "127.0.0.1" },
      context: async () => context(),
    });
    console.log(new URL(url).port);
    break;
  }
  case "mercurius": {
    const app = fastify();
    await app.register(mercurius, { schema, context, jit: 1 });
    await app.listen({ port: 0, host: "127.0.0.1" });
    console.log((app.server.address() as AddressInfo).port);
  }
}
