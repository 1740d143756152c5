import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../store/open.ts";

const calls = "trace=fsync,fdatasync";

/** Whether strace can watch processes here. */
export const canTrace =
  spawnSync("strace", ["-f", "-e", calls, process.execPath, "-e", "0"], { stdio: "ignore" }).status === 0;

/** How many times a process syncs files during `work`. */
export async function syncsOf({ pid }: ChildProcess, work: () => Promise<void>): Promise<number> {
  using folder = temporaryFolder();
  const traced = join(folder.path, "trace");
  const strace = spawn("strace", ["-f", "-e", calls, "-o", traced, "-p", String(pid)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const gone = once(strace, "exit");
  // It says that it has attached to the threads.
  await once(strace.stderr, "data");
  await work();
  strace.kill("SIGINT");
  await gone;
  return countIn(traced);
}

/** How many times a script syncs files until it ends. */
export function syncsOfScript(args: readonly string[]): number {
  using folder = temporaryFolder();
  const traced = join(folder.path, "trace");
  const { status } = spawnSync("strace", ["-f", "-e", calls, "-o", traced, process.execPath, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}.`);
  return countIn(traced);
}

function countIn(file: string): number {
  // Without calls there may be no file. The second line of an interrupted call does not match.
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text.match(/(?:fsync|fdatasync)\(/g)?.length ?? 0;
}
