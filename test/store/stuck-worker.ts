import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

/**
 * Stands in for a thread that reads: `feedFigures` has it wait for somebody to write into the pipe that its file is, where,
 * as in a statement of SQLite, nothing stops it. It answers the rest with whether the pipe was released.
 */
const { file } = workerData as { readonly file: string };
parentPort?.postMessage({ is: "open" });
parentPort?.on("message", ({ id, ask }: { readonly id: number; readonly ask: string }) => {
  if (ask === "close") return parentPort?.close();
  if (ask === "feedFigures") {
    writeFileSync(`${file}.asked`, "");
    readFileSync(file);
  }
  parentPort?.postMessage({ id, is: "value", value: existsSync(`${file}.released`) });
});
