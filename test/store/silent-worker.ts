import { parentPort, workerData } from "node:worker_threads";

/** Stands in for a thread that reads: it answers `bounds` with its file, dies of `projects`, and never answers the rest. */
parentPort?.postMessage({ is: "open" });
parentPort?.on("message", ({ id, ask }: { readonly id: number; readonly ask: string }) => {
  if (ask === "close") return parentPort?.close();
  if (ask === "projects") throw new Error("a fault of the thread");
  if (ask === "feedFigures") return;
  parentPort?.postMessage({ id, is: "value", value: (workerData as { readonly file: string }).file });
});
