import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, inject, it } from "vitest";
import { temporaryFolder } from "../store/open.ts";

/** Starts a gateway, has it read in its threads and render GraphiQL, and prints what it answers. */
const program = `
  const { parseConfig, startGateway } = await import(process.env.LIBRARY);
  const gateway = await startGateway(parseConfig({ ...process.env, PORT: "0", LOG_LEVEL: "error" }));
  const ask = async (path, headers) => (await fetch(gateway.url + path, { headers })).text();
  const figures = await ask("/graphql?query={issueStats{total}}", { accept: "application/json" });
  const isPage = (await ask("/graphql", { accept: "text/html" })).includes("</html>");
  console.log(figures, isPage);
  await gateway[Symbol.asyncDispose]();
`;

describe("the gateway in another program", () => {
  it("starts and ends with it, though Node was started with what does not fit a thread", () => {
    using folder = temporaryFolder();
    const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
      encoding: "utf8",
      timeout: 30_000,
      env: {
        LIBRARY: pathToFileURL(join(inject("built"), "index.js")).href,
        DATABASE_URL: `file:${folder.path}/issuewire.db`,
        SENTRY_CLIENT_SECRET: "secret",
      },
    });
    expect(printed).toBe('{"data":{"issueStats":{"total":0}}} true\n');
  });
});
