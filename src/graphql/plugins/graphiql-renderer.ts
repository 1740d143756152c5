import { parentPort, workerData } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import { listLiveEvents } from "./graphiql-events.ts";

/* A worker thread's program: renders GraphiQL's page with the given options, and posts it gzipped. */
const page = renderGraphiQL(workerData).replace(
  "<head>",
  () => `<head><script>(${String(listLiveEvents)})()</script>`,
);
parentPort?.postMessage(gzipSync(page));
