import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../store/open.ts";

const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
  readonly scripts: { readonly start: string };
};

/** In the gateway's place: says that it runs, and ends by itself on SIGTERM alone. */
const standIn = `
  const alive = setInterval(() => {}, 1_000);
  process.on("SIGTERM", () => { clearInterval(alive); console.log("stopping"); });
  console.log("listening");
`;

it("npm start passes SIGTERM on to the gateway, and ends with its status once it has ended", async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, "src"));
  writeFileSync(join(folder.path, "src/bin.js"), standIn);
  writeFileSync(join(folder.path, "package.json"), JSON.stringify({ scripts: { start: scripts.start } }));

  const npm = spawn("npm", ["start", "--silent"], {
    cwd: folder.path,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const ended = once(npm, "exit").finally(() => endGroup(npm.pid!));
  const said: string[] = [];
  for await (const text of npm.stdout.setEncoding("utf8") as AsyncIterable<string>) {
    said.push(text.trim());
    if (said.length === 1) npm.kill("SIGTERM");
  }
  expect(said).toEqual(["listening", "stopping"]);
  expect(await ended).toEqual([0, null]);
});

/** Whoever npm has left behind. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left.
  }
}
