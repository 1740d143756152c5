import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

/**
 * Replaces a reader thread. `outcomeCounts` blocks it until somebody writes into its file, a named pipe: like a statement
 * of SQLite, nothing can stop it. It answers with whether the pipe was released.
 */
const { file } = workerData as { readonly file: string };
parentPort?.postMessage({ is: "open" });
parentPort?.on("message", ({ id, ask }: { readonly id: number; readonly ask: string }) => {
  if (ask === "close") return parentPort?.close();
  if (ask === "outcomeCounts") {
    writeFileSync(`${file}.asked`, "");
    readFileSync(file);
  }
  parentPort?.postMessage({ id, is: "value", value: existsSync(`${file}.released`) });
});
