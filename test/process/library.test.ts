import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, expectTypeOf, inject, it } from "vitest";
import type { GatewayOptions } from "../../src/index.ts";
import { sign } from "../../src/sentry/signature.ts";
import { anIssueBody } from "../sentry/bodies.ts";
import { temporaryFolder } from "../store/open.ts";

const body = anIssueBody({ action: "created" }).toString();

/** Starts a gateway, goes elsewhere, has each thread do something, and prints what came of it. */
const program = `(async () => {
  const { library, body, signature } = process.env;
  const { parseConfig, startGateway } = await import(library);
  const options = { now: () => Date.parse("2030-01-01T00:00:00Z"), around: () => null };
  const gateway = await startGateway(parseConfig({ ...process.env, PORT: "0", LOG_LEVEL: "error" }), options);
  process.chdir("/");
  const ask = (path, accept) => fetch(gateway.url + path, { headers: { accept } });
  const headers = { "content-type": "application/json", "sentry-hook-signature": signature };
  const { status } = await fetch(gateway.url + "/webhooks/sentry", { method: "POST", body, headers });
  const figures = await ask("/graphql?query={issueStats{total}feed{lastDeliveryAt}}", "application/json");
  const graphiql = await ask("/graphql", "text/html");
  console.log(status, await figures.text(), graphiql.status);
  await gateway[Symbol.asyncDispose]();
})()`;

function run(...options: readonly string[]): string {
  using folder = temporaryFolder();
  const env = {
    library: pathToFileURL(join(inject("built"), "index.js")).href,
    body,
    signature: sign("secret", Buffer.from(body)),
    DATABASE_URL: "file:./issuewire.db",
    SENTRY_CLIENT_SECRET: "secret",
  };
  const words = [...options, "--eval", program];
  return execFileSync(process.execPath, words, { cwd: folder.path, env, encoding: "utf8", timeout: 30_000 });
}

describe("the gateway in another program", () => {
  const done =
    '202 {"data":{"issueStats":{"total":1},"feed":{"lastDeliveryAt":"2030-01-01T00:00:00.000Z"}}} 200\n';

  it("takes a clock and a logger, and nothing of its insides", () => {
    expectTypeOf<keyof GatewayOptions>().toEqualTypeOf<"now" | "logger">();
  });

  it("keeps its file when the program goes to another folder, and ends with the program", () => {
    expect(run()).toBe(done);
  });

  it("starts where Node was started with options that no thread may have", () => {
    expect(run("--input-type=module")).toBe(done);
  });
});
