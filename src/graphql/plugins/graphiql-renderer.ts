import { parentPort, workerData } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";

/* A worker thread's program: GraphiQL's page for the options that it is given, gzipped. */
parentPort?.postMessage(gzipSync(renderGraphiQL(workerData)));
