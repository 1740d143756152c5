import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { inject } from "vitest";

const root = join(import.meta.dirname, "../..");

/**
 * Runs a command of the program as a user does, with this DATABASE_URL. `ended` resolves with its exit code and output.
 */
export function commandOn(database: string, ...words: readonly string[]) {
  return commandWith({ settings: { DATABASE_URL: database } }, ...words);
}

/** The same with these settings and in this folder. */
export function commandWith(
  { settings, cwd = root }: { readonly settings: Readonly<Record<string, string>>; readonly cwd?: string },
  ...words: readonly string[]
) {
  const env = { PATH: process.env["PATH"], ...settings };
  const child = spawn(process.execPath, [join(inject("built"), "cli.js"), ...words], {
    cwd,
    env,
    stdio: "pipe",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const ended = once(child, "close").then(([code]: (number | null)[]) => ({ code, output }));
  return { child, ended };
}
