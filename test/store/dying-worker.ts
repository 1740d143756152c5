import { parentPort } from "node:worker_threads";

/** Stands in for the thread that writes: it opens, and ends through a fault as soon as it is asked for anything. */
parentPort?.postMessage({
  is: "open",
  to: 0,
  instance: { instance: "i", epoch: "e", newest: 0 },
  loss: null,
});
parentPort?.on("message", () => {
  throw new TypeError("a fault");
});
