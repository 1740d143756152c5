import { existsSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

/** Replaces a reader thread: each question blocks it until a file exists. */
const { file } = workerData as { readonly file: string };
const clock = new Int32Array(new SharedArrayBuffer(4));
parentPort?.postMessage({ is: "open" });
parentPort?.on("message", ({ id, ask }: { readonly id: number; readonly ask: string }) => {
  if (ask === "close") return parentPort?.close();
  while (!existsSync(`${file}.released`)) Atomics.wait(clock, 0, 0, 5);
  parentPort?.postMessage({ id, is: "value", value: null });
});
