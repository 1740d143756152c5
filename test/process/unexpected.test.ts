import { expect, it } from "vitest";
import { temporaryFolder } from "../store/open.ts";
import { commandWith } from "./command.ts";
import { secret } from "./secret.ts";

it.each([
  ["thrown", "throw fault"],
  ["the reason of a promise that nobody waits for", "void Promise.reject(fault)"],
])(
  "a fault that nobody expected, %s, is one line of the log, without what hangs on it, and the end",
  async (_, raise) => {
    using folder = temporaryFolder();
    const code = `process.on("SIGUSR2", () => {
    const fault = Object.assign(new Error("unexpected"), { headers: { authorization: process.env.CANARY } });
    ${raise};
  });`;
    const { child, ended } = commandWith(
      {
        settings: {
          DATABASE_URL: `file:${folder.path}/issuewire.db`,
          SENTRY_CLIENT_SECRET: secret,
          PORT: "0",
          // Not in the code, which the stack shows.
          CANARY: "canary",
          NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
        },
      },
      "serve",
    );
    child.stdout.on("data", (chunk) => {
      if (String(chunk).includes('"listening"')) child.kill("SIGUSR2");
    });
    const { code: status, output } = await ended;
    const lines = output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly level: string });
    expect([status, lines.filter(({ level }) => level === "fatal")]).toEqual([
      1,
      [expect.objectContaining({ err: expect.objectContaining({ message: "unexpected" }) as unknown })],
    ]);
    expect(output).not.toContain("canary");
  },
);
