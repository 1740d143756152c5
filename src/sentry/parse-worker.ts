/** A thread of `createParsePool`: answers the bytes of each body with its payload. */
import { parentPort } from "node:worker_threads";
import { readPayload } from "./payload.ts";

parentPort?.on("message", (bytes: Uint8Array) => parentPort?.postMessage(readPayload(bytes)));
