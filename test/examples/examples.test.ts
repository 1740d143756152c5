import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createClient } from "graphql-sse";
import type { Browser, Page } from "playwright-core";
import { build, preview, resolveConfig, type PreviewServer } from "vite";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createSender } from "../../src/simulate/sender.ts";
import { liveTraffic } from "../../src/simulate/traffic.ts";
import { openBrowser } from "../browser/chromium.ts";
import { secret, startProcess, type GatewayProcess } from "../process/gateway.ts";
import { temporaryFolder } from "../store/open.ts";

/* The examples as their readers run them: built, in a browser, against a gateway that dies and comes back. */

const examples = join(import.meta.dirname, "../../examples");
const apps = ["apollo", "urql", "relay", "event-source"] as const;
const patiently = { timeout: 60_000 };

// A browser beside a gateway beside other tests, on two cores: none of it waits this long when all is well.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const folder = temporaryFolder();
const database = join(folder.path, "issuewire.db");
const traffic = liveTraffic({ seed: 9, secret, issues: 30, rate: 20, now: Date.now })[Symbol.iterator]();
const servers: PreviewServer[] = [];
const pages = new Map<string, Page>();
let gateway: GatewayProcess;
let browser: Browser;

async function send(count: number): Promise<void> {
  using sender = createSender({ url: new URL(gateway.url), connections: 1, bearer: null });
  for (let sent = 0; sent < count; sent++) await sender.send(traffic.next().value!);
}

async function ask<Data>(query: string): Promise<Data> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return ((await response.json()) as { readonly data: Data }).data;
}

/** Each app's issues, and those that it should show, as sets in one order: apps put what enters on top. */
async function difference(): Promise<Record<string, unknown>> {
  const { issues } = await ask<{ issues: { nodes: { sentryId: string; shortId: string; title: string }[] } }>(
    "{ issues(first: 100, filter: { status: { eq: UNRESOLVED } }) { nodes { sentryId shortId title } } }",
  );
  const wants = issues.nodes.map(({ sentryId }) => sentryId).toSorted();
  const shown = await Promise.all(
    [...pages].map(async ([app, page]) => {
      const has = await page
        .locator("[data-issue]")
        .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-issue")!));
      return [
        app,
        JSON.stringify(has.toSorted()) === JSON.stringify(wants) ? "as it should be" : { has, wants },
      ];
    }),
  );
  return Object.fromEntries(shown) as Record<string, unknown>;
}

const allAsTheyShouldBe = Object.fromEntries(apps.map((app) => [app, "as it should be"]));

/** Runs the script of `node`. */
function startScript(gatewayUrl: string, cursorFile: string) {
  return spawn(process.execPath, [join(examples, "node/src/main.ts"), cursorFile], {
    env: { PATH: process.env["PATH"], GATEWAY: gatewayUrl },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function serve(app: string): Promise<string> {
  const root = join(examples, app);
  const outDir = join(folder.path, app);
  const configFile = join(root, "vite.config.ts");
  await build({ root, configFile, logLevel: "warn", build: { outDir, emptyOutDir: true } });
  const server = await preview({
    root,
    configFile,
    // Its proxy tells of every connection that the gateway's death ends.
    logLevel: "silent",
    build: { outDir },
    preview: { port: 0, host: "127.0.0.1" },
  });
  servers.push(server);
  return `http://localhost:${(server.httpServer.address() as AddressInfo).port}/`;
}

beforeAll(async () => {
  [gateway, browser] = await Promise.all([startProcess({ database }), openBrowser()]);
  // Where the apps' own settings of Vite look.
  vi.stubEnv("GATEWAY", gateway.url);
  await send(40);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await browser?.close();
  await Promise.all(servers.map((server) => server.close()));
  await gateway?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

describe("the examples", () => {
  it("each keep their list true, through the death of the gateway", async () => {
    const addresses = await Promise.all(apps.map(async (app) => [app, await serve(app)] as const));
    for (const [app, address] of addresses) {
      const page = await browser.newPage({ locale: "en-US" });
      pages.set(app, page);
      await page.goto(address);
    }
    await expect.poll(difference, patiently).toEqual(allAsTheyShouldBe);
    // Before there is anything to tell.
    for (const [app, page] of pages)
      await expect
        .poll(() => page.locator("#state").innerText(), { ...patiently, message: app })
        .toBe("Live");
    await send(30);
    await expect.poll(difference, patiently).toEqual(allAsTheyShouldBe);

    const { port } = new URL(gateway.url);
    await gateway.end("SIGKILL");
    for (const [app, page] of pages)
      await expect
        .poll(() => page.locator("#state").innerText(), { ...patiently, message: app })
        .toBe("Reconnecting");
    gateway = await startProcess({ database, settings: { PORT: port } });
    await send(30);
    await expect.poll(difference, patiently).toEqual(allAsTheyShouldBe);
  });

  it("wait before they ask again when a stream ends with an error: event-source", async () => {
    const page = await browser.newPage({ locale: "en-US" });
    await page.clock.install();
    let streams = 0;
    await page.route("**/graphql?*", async (route) => {
      streams += 1;
      const body =
        'event: next\ndata: {"errors":[{"message":"Not now.","extensions":{"code":"TIMEOUT"}}]}\n\nevent: complete\ndata:\n\n';
      await route.fulfill({ contentType: "text/event-stream", body });
    });
    await page.goto(await serve("event-source"));
    await expect.poll(() => page.locator("#state").innerText(), patiently).toBe("Reconnecting");
    expect(streams).toBe(1);
    await page.clock.runFor(1_000);
    await expect.poll(() => streams, patiently).toBe(2);
    await page.close();
  });

  it.each(apps)("says why, and asks no more, where its reader may not read: %s", async (app) => {
    using closing = temporaryFolder();
    const databaseOfIts = join(closing.path, "issuewire.db");
    await using open = await startProcess({ database: databaseOfIts });
    vi.stubEnv("GATEWAY", open.url);
    const address = await serve(app);
    vi.stubEnv("GATEWAY", gateway.url);
    const page = await browser.newPage({ locale: "en-US" });
    let asked = 0;
    page.on("request", (request) => (asked += request.url().includes("/graphql") ? 1 : 0));
    page.on("websocket", () => (asked += 1));
    const state = () => page.locator("#state").innerText();
    await page.goto(address);
    await expect.poll(state, patiently).toBe("Live");
    await open.end("SIGKILL");
    // Behind a proxy nobody is on the gateway's own machine, so all need a token.
    const settings = { PORT: new URL(open.url).port, TRUST_PROXY: "1" };
    await using _closed = await startProcess({ database: databaseOfIts, settings });
    for (const when of ["while it is shown", "from the start"]) {
      if (when === "from the start") {
        await page.clock.install();
        await page.reload();
      }
      await expect
        .poll(state, { ...patiently, message: when })
        .toMatch(/^Refused: .*(token|401|Forbidden|4403)/s);
    }
    const before = asked;
    await page.clock.runFor(5_000);
    expect(asked).toBe(before);
    await page.close();
  });

  it.each([
    // Behind a proxy nobody is on the gateway's own machine, so all need a token.
    ["its first question", { TRUST_PROXY: "1" }, null, /token/],
    ["its stream", { TRUST_PROXY: "1" }, "a cursor", /401/],
    ["what it asks for", { LIMIT_DEPTH: "3" }, null, /nest/],
  ])("says why and ends with 1 where %s is refused: node", async (_, settings, cursor, why) => {
    using own = temporaryFolder();
    await using refusing = await startProcess({ database: join(own.path, "issuewire.db"), settings });
    const cursorFile = join(own.path, "cursor.txt");
    if (cursor !== null) writeFileSync(cursorFile, cursor);
    const script = startScript(refusing.url, cursorFile);
    onTestFinished(() => void script.kill());
    const ended = once(script, "exit");
    const [said] = await once(createInterface({ input: script.stderr }), "line");
    expect(said).toMatch(/^Refused: /);
    expect(said).toMatch(why);
    expect(await ended).toEqual([1, null]);
  });

  it("print every change, in order, also when they are killed and started anew in between", async () => {
    const cursorFile = join(folder.path, "cursor.txt");
    const { feed } = await ask<{ feed: { cursor: string } }>("{ feed { cursor } }");

    const start = () => startScript(gateway.url, cursorFile);
    /** Everything that the script prints until it is killed, which is once it has printed so many lines. */
    async function run(lines: number): Promise<string[]> {
      const child = start();
      const printed: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        printed.push(line);
        if (printed.length === lines) child.kill("SIGKILL");
      }
      return printed;
    }

    // Killed before there was anything to print.
    const idle = start();
    await expect.poll(() => existsSync(cursorFile), patiently).toBe(true);
    idle.kill("SIGKILL");
    await send(40);
    const begun = await run(4);
    await send(40);
    const rest = await run(4);
    // It keeps the cursor after it has printed: killed in between, it prints that one again.
    const all = [...begun, ...(rest[0] === begun.at(-1) ? rest.slice(1) : rest)];

    const client = createClient({ url: `${gateway.url}/graphql` });
    const truth: string[] = [];
    for await (const { data } of client.iterate<{ statusTransitioned: { transition: Transition } }>({
      query: `subscription ($after: Cursor) {
        statusTransitioned(after: $after) { transition { kind occurredAt issue { shortId } } }
      }`,
      variables: { after: feed.cursor },
    })) {
      const { occurredAt, kind, issue } = data!.statusTransitioned.transition;
      truth.push(`${occurredAt} ${issue.shortId} ${kind}`);
      if (truth.length === all.length) break;
    }
    expect(all.map((line) => /^\S+ \S+ [A-Z_]+/.exec(line)![0])).toEqual(truth);
  });
});

type Transition = {
  readonly kind: string;
  readonly occurredAt: string;
  readonly issue: { readonly shortId: string };
};

describe("the examples' proxies", () => {
  it.each([
    ["https://issuewire.example", true],
    // Of the name that the browser asks for, the gateway takes a WebSocket without being told of its origin.
    ["http://localhost:4000", false],
  ])("ask %s by its own name: %s", async (target, changeOrigin) => {
    vi.stubEnv("GATEWAY", target);
    for (const app of apps) {
      const configFile = join(examples, app, "vite.config.ts");
      const { server } = await resolveConfig({ root: join(examples, app), configFile }, "serve");
      expect(server.proxy?.["/graphql"]).toMatchObject({ target, changeOrigin });
    }
  });
});

describe("the examples' packages", () => {
  const root = JSON.parse(readFileSync(join(examples, "../package.json"), "utf8")) as Packages;

  const of = (app: string) =>
    JSON.parse(readFileSync(join(examples, app, "package.json"), "utf8")) as Packages;
  const all = (of: Packages) => ({
    ...of.devDependencies,
    ...of.optionalDependencies,
    ...of.dependencies,
  });

  it.each([...apps, "node"])("ask for the versions that are tried here: %s", (app) => {
    for (const [name, version] of Object.entries(all(of(app))))
      expect([name, all(root)[name]]).toEqual([name, version]);
  });

  it("bring a Node that runs TypeScript, as the gateway does, where it has to: node", () => {
    const { engines, optionalDependencies, allowScripts } = of("node");
    expect(engines).toEqual(root.engines);
    expect(optionalDependencies).toEqual(root.optionalDependencies);
    expect(allowScripts).toEqual({ node: true });
  });
});

type Packages = {
  readonly engines?: object;
  readonly allowScripts?: object;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};
