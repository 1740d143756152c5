import { parentPort } from "node:worker_threads";

/** Replaces the writer thread: it opens, and dies of an uncaught error at the first message. */
parentPort?.postMessage({
  is: "open",
  to: 0,
  instance: { instance: "i", epoch: "e", newest: 0 },
  loss: null,
});
parentPort?.on("message", () => {
  throw new TypeError("a fault");
});
