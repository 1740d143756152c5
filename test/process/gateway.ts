import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { inject } from "vitest";
import { temporaryFolder } from "../store/open.ts";
import { secret } from "./secret.ts";

export { secret };

const root = join(import.meta.dirname, "../..");

export type GatewayProcess = AsyncDisposable & {
  readonly url: string;
  readonly database: string;
  readonly process: ChildProcess;
  /** The lines of its log so far. */
  readonly log: readonly string[];
  /** Sends a signal and resolves with the exit code once the process is gone; null if the signal killed it. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
};

export type StartOptions = {
  /** An existing database. By default a temporary one, removed with the gateway. */
  readonly database?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** A script that starts a gateway in another way than `serve`. */
  readonly script?: string;
  /** The program to run instead of the one built for the tests. */
  readonly program?: string;
};

/** A gateway in its own process, started as a user starts it, and listening. */
export async function startProcess({
  database,
  settings = {},
  script,
  program = join(inject("built"), "cli.js"),
}: StartOptions = {}): Promise<GatewayProcess> {
  await using opened = new AsyncDisposableStack();
  const file = database ?? join(opened.use(temporaryFolder()).path, "issuewire.db");
  const command = script === undefined ? ["--max-semi-space-size=16", program, "serve"] : [script];
  const child = spawn(process.execPath, command, {
    cwd: root,
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      DATABASE_URL: `file:${file}`,
      SENTRY_CLIENT_SECRET: secret,
      DRAIN_DELAY: "PT0S",
      ...settings,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(child, "exit").then(([code]: (number | null)[]) => code ?? null);
  opened.defer(async () => {
    child.kill("SIGKILL");
    await gone;
  });
  const log: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    lines.on("line", (line) => {
      log.push(line);
      const said = JSON.parse(line) as { readonly msg: string; readonly url?: string };
      if (said.msg === "listening") resolve(said.url!);
    });
    void gone.then((code) =>
      reject(new Error(`It ended with ${code} before it listened: ${log.join("\n")}`)),
    );
  });
  const running = opened.move();
  return {
    url,
    database: file,
    process: child,
    log,
    async end(signal) {
      child.kill(signal);
      return gone;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
