import { parentPort, workerData } from "node:worker_threads";

/** Replaces a reader thread: it answers with its file, but dies at `projects` and never answers `outcomeCounts`. */
parentPort?.postMessage({ is: "open" });
parentPort?.on("message", ({ id, ask }: { readonly id: number; readonly ask: string }) => {
  if (ask === "close") return parentPort?.close();
  if (ask === "projects") throw new Error("a fault of the thread");
  if (ask === "outcomeCounts") return;
  parentPort?.postMessage({ id, is: "value", value: (workerData as { readonly file: string }).file });
});
