import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { simulateCommand } from "../../src/commands/simulate.ts";
import { kept, startStubGateway, type ReceivedRequest } from "../simulate/stub-gateway.ts";

type Outcome = {
  readonly output: string;
  readonly screen: string;
  readonly errors: string;
  readonly help: string;
  /** Of the process, had it been one. */
  readonly status: number;
};

/** Runs the command as the command line would, and tells what it wrote. */
async function simulate(
  args: readonly string[],
  { url, resolveSecret = () => "s3cret" }: { readonly url: URL; readonly resolveSecret?: () => string },
): Promise<Outcome> {
  let output = "";
  let screen = "";
  let errors = "";
  let help = "";
  let status = 0;
  const command = simulateCommand({
    resolveSecret,
    resolveBearer: () => null,
    openFilling() {
      throw new Error("No store is to be opened.");
    },
    resolveUrl: () => url.href,
    output: { write: (text) => (output += text) },
    screen: { isTTY: true, columns: 60, write: (text) => (screen += text) },
  });
  command.configureOutput({ writeErr: (text) => (errors += text), writeOut: (text) => (help += text) });
  command.exitOverride(({ exitCode }) => {
    status = exitCode;
    throw new Error("exits");
  });
  await command.parseAsync(args, { from: "user" }).catch((error: unknown) => {
    if (!(error instanceof Error) || error.message !== "exits") throw error;
  });
  return { output, screen, errors, help, status };
}

function isSigned(secret: string, { body, headers }: ReceivedRequest): boolean {
  return headers["sentry-hook-signature"] === createHmac("sha256", secret).update(body).digest("hex");
}

const bySignature = (secret: string) => (request: ReceivedRequest) =>
  isSigned(secret, request) ? kept : { status: 401, body: '{"code":"SIGNATURE_INVALID"}' };

it("warns that a gateway keeps what it is sent", async () => {
  const { help } = await simulate(["--help"], { url: new URL("http://127.0.0.1:4000/") });
  expect(help.replaceAll(/\s+/g, " ")).toContain("stays in the gateway's database for good");
});

it("fills a past and sums it up", async () => {
  await using gateway = await startStubGateway(bySignature("s3cret"));
  const { output, errors, status } = await simulate(
    ["--history", "30d", "--issues", "20", "--seed", "5"],
    gateway,
  );
  expect({ errors, status }).toEqual({ errors: "", status: 0 });
  expect(output).toContain(`Sent ${gateway.requests.length} webhooks about`);
  expect(output).toContain(`202 APPLIED ${gateway.requests.length}\n`);
  expect(output).toContain(
    `npm run simulate -- --seed 5 --history 30d --issues 20 --url ${gateway.url.href}\n`,
  );

  const times = gateway.requests.map(({ headers }) => Number(headers["sentry-hook-timestamp"]) * 1000);
  const days = (Math.max(...times) - Math.min(...times)) / 86_400_000;
  expect(days).toBeGreaterThan(20);
  expect(days).toBeLessThanOrEqual(30);
});

it("sends the present as many times as it is told", async () => {
  await using gateway = await startStubGateway(bySignature("s3cret"));
  const began = Math.floor(Date.now() / 1000);
  const { output, screen } = await simulate(["--rate", "1000", "--count", "7", "--quiet"], gateway);
  expect(gateway.requests.length).toBe(7);
  expect(output).toMatch(/^Sent 7 webhooks/);
  expect(screen).toBe("");
  const times = gateway.requests.map(({ headers }) => Number(headers["sentry-hook-timestamp"]));
  expect(times.filter((time) => time < began || time > Date.now() / 1000)).toEqual([]);
});

it("says how to pass the secret when it is another one", async () => {
  await using gateway = await startStubGateway(bySignature("theirs"));
  const { output, errors, status } = await simulate(["--rate", "1000"], gateway);
  expect(status).toBe(1);
  expect(errors).toMatch(/refuses the signature.*--secret.*SENTRY_CLIENT_SECRET/);
  expect(output).toBe("");
  const second = await simulate(["--rate", "1000", "--count", "3", "--secret", "theirs"], gateway);
  expect({ errors: second.errors, status: second.status }).toEqual({ errors: "", status: 0 });
});

it("says how to pass the bearer token when one is asked for", async () => {
  await using gateway = await startStubGateway(({ headers }) =>
    headers.authorization === "Bearer b" ? kept : { status: 401, body: '{"code":"UNAUTHENTICATED"}' },
  );
  expect((await simulate(["--rate", "1000"], gateway)).errors).toContain("--bearer");
  expect((await simulate(["--rate", "1000", "--count", "3", "--bearer", "b"], gateway)).status).toBe(0);
});

it("shows no password that the address has", async () => {
  await using gateway = await startStubGateway(({ headers }) =>
    headers.authorization === `Basic ${Buffer.from("ann:s3cret").toString("base64")}`
      ? kept
      : { status: 401, body: "" },
  );
  const address = `http://ann:s3cret@${gateway.url.host}/`;
  const { output, screen, status } = await simulate(["--count", "3", "--url", address], gateway);
  expect(status).toBe(0);
  expect(output).toContain(`--url ${gateway.url.href}\n`);
  expect(output + screen).not.toContain("ann");
  const { errors } = await simulate(["--url", "ann:s3cret@host"], gateway);
  expect(errors).toContain("It must be like http://127.0.0.1:4000.");
  expect(errors).not.toContain("ann");
});

it("says in one line what to do when nothing answers", async () => {
  let url: URL;
  {
    await using gateway = await startStubGateway(() => kept);
    url = gateway.url;
  }
  const { output, errors, status } = await simulate(["--count", "5"], { url });
  expect(status).toBe(1);
  expect(errors).toBe(
    `error: nothing answers at ${url.origin} (ECONNREFUSED).` +
      " Start the gateway with `npm start`, or say where it is with --url.\n",
  );
  expect(output).toBe("");
});

it("says that something else is there, where no webhooks are taken", async () => {
  await using gateway = await startStubGateway(() => ({ status: 404, body: "Cannot POST" }));
  const { output, errors, status } = await simulate(["--count", "5"], gateway);
  expect(status).toBe(1);
  expect(errors).toMatch(/takes no webhooks: POST http:.*\/webhooks\/sentry is answered 404\..*--url/);
  expect(output).toBe("");
});

it("fails where nothing is kept, after the summary of what was answered", async () => {
  let answered = 0;
  await using gateway = await startStubGateway(() => {
    answered += 1;
    return answered <= 3 ? { status: 503, body: '{"code":"STORAGE_UNAVAILABLE"}' } : kept;
  });
  const { output, errors, status } = await simulate(["--rate", "1000", "--count", "3"], gateway);
  expect(status).toBe(1);
  expect(output).toContain("503 STORAGE_UNAVAILABLE 3\n");
  expect(errors).toContain("kept none of it");
  expect((await simulate(["--rate", "1000", "--count", "3"], gateway)).status).toBe(0);
});

it("tells why there is no secret, and asks for none when one is given", async () => {
  await using gateway = await startStubGateway(() => kept);
  const resolveSecret = () => {
    throw new Error("There is no secret yet: start the gateway once.");
  };
  const { errors, status } = await simulate(["--count", "1"], { url: gateway.url, resolveSecret });
  expect({ errors, status }).toEqual({
    errors: "error: There is no secret yet: start the gateway once.\n",
    status: 1,
  });
  expect(
    (await simulate(["--count", "1", "--secret", "x"], { url: gateway.url, resolveSecret })).status,
  ).toBe(0);
});

it("ends with the summary at SIGINT", async () => {
  await using gateway = await startStubGateway(() => {
    process.emit("SIGINT");
    return kept;
  });
  const listeners = process.listenerCount("SIGINT");
  const { output, status } = await simulate(["--rate", "1"], gateway);
  expect(status).toBe(0);
  // The first webhook may be about an organisation instead.
  expect(output).toMatch(/^Sent 1 webhook about (?:1 issue|0 issues) in /);
  expect(process.listenerCount("SIGINT")).toBe(listeners);
});

it("says which rates it takes where one is too large", async () => {
  const { errors } = await simulate(["--rate=1000000000"], { url: new URL("http://127.0.0.1:9") });
  expect(errors).toContain("It must be a number above 0 and below 1000000000");
});

it.each([
  ["--rate", "0"],
  ["--rate", "fast"],
  ["--issues", "0"],
  ["--issues", "1.5"],
  ["--seed", "4294967296"],
  ["--history", "30"],
  ["--duration", "soon"],
  ["--count", "-1"],
  ["--url", "ftp://127.0.0.1"],
])("refuses %s %s", async (flag, value) => {
  const { errors, status } = await simulate([`${flag}=${value}`], { url: new URL("http://127.0.0.1:9") });
  expect(status).toBe(1);
  expect(errors).toContain(flag);
  expect(errors).toContain("is invalid. It must be");
});

it.each([
  ["its webhooks", ["--rate", "20", "--count", "20"]],
  ["its time", ["--rate", "20", "--duration", "1s"]],
  ["its past", ["--rate", "100", "--history", "30d", "--issues", "12"]],
])("shows how much is over of %s", async (_, flags) => {
  await using gateway = await startStubGateway(bySignature("s3cret"));
  const { screen } = await simulate([...flags, "--seed", "5"], gateway);
  const shares = [...screen.matchAll(/(\d+) %/g)].map(([, share]) => Number(share));
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.at(0)).toBeLessThan(50);
  expect(shares.at(-1)).toBeGreaterThan(50);
  expect(shares.at(-1)).toBeLessThanOrEqual(100);
});

it("shows no share of a run without an end", async () => {
  let asked = 0;
  await using gateway = await startStubGateway(() => ((asked += 1) < 8 ? kept : { status: 401, body: "" }));
  const { screen } = await simulate(["--rate", "20"], gateway);
  expect(screen).toMatch(/ sent /);
  expect(screen).not.toContain("%");
});

it("counts every kind that it sent", async () => {
  await using gateway = await startStubGateway(bySignature("s3cret"));
  const { output } = await simulate(
    ["--history", "30d", "--issues", "40", "--seed", "5", "--quiet"],
    gateway,
  );
  const counts = output.split("\n")[1]!.match(/\d+/g)!.map(Number);
  expect(counts.reduce((sum, one) => sum + one)).toBe(gateway.requests.length);
});
