import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A server in a process of its own. */
export type ServerProcess = AsyncDisposable & {
  readonly port: number;
  /** CPU time of the process's present threads so far; NaN if the system does not tell (no /proc). */
  readonly cpuSeconds: () => number;
  /** Its resident memory; NaN if the system does not tell. */
  readonly rssBytes: () => number;
  /** The number of its open files, without sockets; NaN if the system does not tell. */
  readonly openFiles: () => number;
  /** Sends a signal, and resolves with the exit status; null if the signal ended it. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
};

const root = join(import.meta.dirname, "..");

/** The gateway as `npm start` runs it. */
export const gatewayArgs: readonly string[] = ["--max-semi-space-size=16", "dist/cli.js", "serve"];

/**
 * Starts a server, and waits until it prints its port: as a number alone in a line, or in the gateway's own
 * "listening".
 */
export async function startServer(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit").then(([code]: (number | null)[]) => code ?? null);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  const stop = async () => {
    await end("SIGKILL");
  };
  try {
    return {
      port: await portOf(child),
      cpuSeconds: () => cpuSecondsOf(child),
      rssBytes: () => rssBytesOf(child),
      openFiles: () => openFilesOf(child),
      end,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function portOf(child: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: child.stdout! })) {
    if (/^\d+$/.test(line)) return Number(line);
    const said = JSON.parse(line) as { readonly msg: string; readonly url?: string };
    if (said.url !== undefined && said.msg === "listening") return Number(new URL(said.url).port);
  }
  throw new Error("The server ended before it listened.");
}

function cpuSecondsOf({ pid }: ChildProcess): number {
  try {
    const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1)[0]),
    );
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
  } catch {
    return NaN;
  }
}

function rssBytesOf({ pid }: ChildProcess): number {
  try {
    return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return NaN;
  }
}

function openFilesOf({ pid }: ChildProcess): number {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).filter((name) => !isSocket(join(folder, name))).length;
  } catch {
    return NaN;
  }
}

/** A file that is closed meanwhile counts as a socket, so it is left out. */
function isSocket(link: string): boolean {
  try {
    return readlinkSync(link).startsWith("socket:");
  } catch {
    return true;
  }
}
