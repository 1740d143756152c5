import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { temporaryFolder } from "../store/open.ts";
import { canMakeFarPeer, createFarPeer } from "../process/far-peer.ts";
import { comeAndGo } from "../process/cycles.ts";
import { drains } from "../process/drain.ts";
import { startProcess } from "../process/gateway.ts";
import { survivesHandovers } from "../process/handover.ts";
import { sendAndJournal } from "../process/journal.ts";
import { everything, footprint, metric, openRawStream, type RawStream } from "../process/raw-stream.ts";
import { seqsOf, survivesRestarts } from "../process/restarts.ts";

/** Smaller numbers than the experiments ask for, to try them: LIVE_SHARE=0.01 is a hundredth. */
const share = Number(process.env["LIVE_SHARE"] ?? 1);
const some = (count: number): number => Math.max(2, Math.round(count * share));

const say = (figures: object): void => console.log(JSON.stringify(figures));

/** Tens of kilobytes for each event, so that what the systems on both sides take is soon full. */
const snapshots = Array.from({ length: 40 }, (_, number) => `snapshot${number}: snapshot`).join(" ");
const large = `subscription { issueChanged { cursor event { ${snapshots} } } }`;

it("E40: who follows through 100 deaths of the gateway misses nothing and has nothing twice", async () => {
  const deaths = Array.from({ length: some(100) }, (_, round) => (round % 2 === 0 ? "SIGKILL" : "SIGTERM"));
  const figures = await survivesRestarts({ deaths, followers: 50 });
  say({ exp: "E40", n: deaths.length, ...figures, gaps: 0, duplicates: 0 });
});

it("E41: 10,000 lists and the streams after their cursors fit together", async () => {
  say({ exp: "E41", n: some(10_000), ...(await survivesHandovers(some(10_000))), gaps: 0, duplicates: 0 });
});

it("E44: readers that have stalled change nothing for the others, and are cut within 30 s", async () => {
  // The same load twice: a gateway takes more memory in its first minutes, whoever reads.
  const alone = await underLoad({ stalled: 0 });
  const beside = await underLoad({ stalled: 1 });
  say({ exp: "E44", alone, beside });
  // It first has to fill what the systems on both sides take.
  expect(beside.cutAfter).toBeLessThan(some(120));
  expect(beside.mostMb - alone.mostMb).toBeLessThan(64);
});

it("E44, control: one stalled reader ends stock Yoga with createPubSub", async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, "data.json");
  const issue = { id: "1", title: "x".repeat(10_000), status: "UNRESOLVED", count: 1 };
  const event = { action: "CREATED", source: "REPORTED", occurredAt: "2026-01-01T00:00:00Z" };
  writeFileSync(data, JSON.stringify({ issueChanged: { cursor: "c", kind: "ENTERED", issue, event } }));
  const child = spawn(process.execPath, ["bench/fanout/yoga.ts", data], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const url = `http://127.0.0.1:${Number(String(line))}`;
  const query = "subscription { issueChanged { cursor issue { title } } }";
  const { socket } = await openRawStream(url, null, query);
  socket.pause();
  const exited = once(child, "exit") as Promise<[number | null]>;
  let published = 0;
  while (child.exitCode === null && published < 20_000) {
    published += 1;
    await fetch(`${url}/publish`, { method: "POST" }).catch(() => {});
  }
  say({ exp: "E44, control", published, exitCode: child.exitCode });
  child.kill("SIGKILL");
  expect((await exited)[0]).not.toBe(null);
  socket.destroy();
  folder[Symbol.dispose]();
});

it("E45: a thousand who read a kilobyte a second cost little memory, and hold up nobody", async () => {
  await using gateway = await startProcess();
  const { url } = gateway;
  const slow = await openMany(url, some(1_000));
  for (const { socket } of slow) socket.pause();
  const quick = await openRawStream(url);
  const reading = setInterval(() => {
    for (const { socket } of slow) socket.read(1_024);
  }, 1_000);
  const stop = new AbortController();
  // Some two hundred a second, which is a hundred times what they read: as many as it can take cost memory by themselves.
  const sending = sendAndJournal(url, { connections: 8, signal: stop.signal, round: 0, pauseMs: 35 });
  let mostMb = 0;
  for (let second = 0; second < some(60); second += 1) {
    await wait(1_000);
    mostMb = Math.max(mostMb, footprint(gateway.process.pid!).rssMb);
  }
  stop.abort();
  await sending;
  const last = seqsOf(gateway.database).length;
  while (quick.results() < last) await wait(50);
  clearInterval(reading);
  const cut = await metric(url, 'issuewire_slow_consumers_total{transport="sse"}');
  say({ exp: "E45", n: slow.length, entries: last, mostMb, cut });
  expect(mostMb).toBeLessThan(512);
  for (const { socket } of [...slow, quick]) socket.destroy();
});

it("E47: those who are all cut off at once are all caught up within 30 s", async () => {
  await using gateway = await startProcess();
  const { url, database } = gateway;
  const count = some(10_000);
  const first = await openMany(url, count);
  const cursor = await newestCursor(url);
  const stop = new AbortController();
  const sending = sendAndJournal(url, {
    connections: 2,
    signal: stop.signal,
    round: 0,
    onAcknowledged: (acknowledged) => acknowledged >= 100 && stop.abort(),
  });
  await sending;
  for (const { socket } of first) socket.destroy();
  const begunAt = performance.now();
  const missed = seqsOf(database).length;
  // Two a second: each is told to all of them, and telling more than they can read is another experiment.
  const pauseMs = 500;
  const meanwhile = new AbortController();
  const acknowledgedAt: number[] = [begunAt - pauseMs];
  const storm = sendAndJournal(url, {
    connections: 1,
    signal: meanwhile.signal,
    round: 1,
    pauseMs,
    onAcknowledged: () => acknowledgedAt.push(performance.now()),
  });
  const again: RawStream[] = [];
  let refused = 0;
  const comeBack = async (): Promise<void> => {
    await wait(Math.random() * 5_000);
    for (;;) {
      const stream = await openRawStream(url, cursor).catch(() => null);
      if (stream !== null) return void again.push(stream);
      // The system takes only so many at once. EventSource comes again after as long as `retry` tells it.
      refused += 1;
      await wait(500 + Math.random() * 1_000);
    }
  };
  await Promise.all(Array.from({ length: count }, comeBack));
  while (again.some(({ results }) => results() < missed)) await wait(20);
  const seconds = (performance.now() - begunAt) / 1000;
  meanwhile.abort();
  await storm;
  const ackMs = acknowledgedAt
    .slice(1)
    .map((at, index) => at - acknowledgedAt[index]! - pauseMs)
    .toSorted((one, other) => one - other);
  const ackP99Ms = ackMs[Math.floor(0.99 * ackMs.length)];
  say({ exp: "E47", n: count, missed, seconds, refused, webhooks: ackMs.length, ackP99Ms });
  expect(seconds).toBeLessThan(30);
  for (const { socket } of again) socket.destroy();
});

it("E49: who has nothing to be told is not cut off by a proxy that cuts what is silent for a minute", async () => {
  await using gateway = await startProcess();
  let cuts = 0;
  const proxy = createServer((near) => {
    const far = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      socket.on("error", () => {});
      // Either way: what flows one way keeps only that one open for some proxies.
      far.setTimeout(60_000, () => {
        cuts += 1;
        far.destroy();
        near.destroy();
      });
    }
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const streams = await openMany(url, 50);
  const sockets = await Promise.all(Array.from({ length: 50 }, () => subscribedSocket(url)));
  await wait(1_000 * Math.max(75, some(600)));
  const transports = ["sse", "websocket"].map((name) =>
    metric(gateway.url, `issuewire_subscribers{transport="${name}"}`),
  );
  const open = await Promise.all(transports);
  say({ exp: "E49", seconds: Math.max(75, some(600)), open, cuts });
  expect([open, cuts]).toEqual([[50, 50], 0]);
  for (const { socket } of streams) socket.destroy();
  for (const socket of sockets) socket.terminate();
  proxy.close();
});

it.skipIf(!canMakeFarPeer())(
  "E49: a stream whose client is gone without a word is ended within 40 s",
  async () => {
    using peer = createFarPeer();
    await using gateway = await startProcess({
      settings: { HOST: peer.host, ALLOW_ANONYMOUS: "read" },
    });
    await peer.subscribe(gateway.url);
    expect(peer.isConnected()).toBe(true);
    peer.fallSilent();
    const silentAt = performance.now();
    let seconds = 0;
    while (peer.isConnected() && seconds < 60) {
      await wait(200);
      seconds = (performance.now() - silentAt) / 1000;
    }
    say({ exp: "E49, half open", seconds });
    expect(seconds).toBeLessThan(40);
  },
);

it("E50: 50,000 who come and go leave nothing behind", async () => {
  const figures = await comeAndGo(some(50_000));
  say({ exp: "E50", n: some(50_000), ...figures });
  expect(figures.subscribers).toBe(0);
  expect(figures.after.handles).toBeLessThan(figures.before.handles + 10);
  // The second half takes no more than the first one, but for what is not collected yet.
  expect(figures.after.rssMb).toBeLessThan(1.5 * figures.before.rssMb);
});

it("E51: told to stop, it loses no webhook and sends a thousand of each kind elsewhere within 15 s", async () => {
  const [subscribers, webhooks] = [some(1_000), some(500)];
  const { seconds, ...drained } = await drains({
    subscribers,
    webhooks,
    drainDelay: "PT5S",
    isHurried: false,
  });
  say({ exp: "E51", n: subscribers, ...drained, seconds });
  expect(drained).toEqual({
    answers: { 202: webhooks },
    streams: subscribers,
    closed: { 1012: subscribers },
    ready: 503,
    late: "202",
    exitCode: 0,
  });
  expect(seconds).toBeGreaterThan(5);
  expect(seconds).toBeLessThan(15);
});

async function openMany(url: string, count: number): Promise<readonly RawStream[]> {
  const all: RawStream[] = [];
  for (let opened = 0; opened < count; opened += 100) {
    const some = Array.from({ length: Math.min(100, count - opened) }, () => openRawStream(url));
    all.push(...(await Promise.all(some)));
  }
  return all;
}

/** What a gateway takes for a hundred readers under load, beside so many of each transport who read nothing. */
async function underLoad({ stalled }: { readonly stalled: number }) {
  await using gateway = await startProcess();
  const { url } = gateway;
  // One of them takes what the stalled ones do not, so that it is made in any case.
  const readers = [...(await openMany(url, 99)), await openRawStream(url, null, large)];
  const stop = new AbortController();
  const sending = sendAndJournal(url, { connections: 8, signal: stop.signal, round: 0 });
  await wait(10_000);
  const streams = await Promise.all(Array.from({ length: stalled }, () => openRawStream(url, null, large)));
  for (const { socket } of streams) socket.pause();
  const sockets = await Promise.all(Array.from({ length: stalled }, () => stalledSocket(url)));
  const before = await toldWithin(url);
  const begunAt = performance.now();
  let [mostMb, seconds, cutAfter] = [0, 0, NaN];
  while (seconds < some(120)) {
    await wait(500);
    mostMb = Math.max(mostMb, footprint(gateway.process.pid!).rssMb);
    seconds = (performance.now() - begunAt) / 1000;
    const cut = "issuewire_slow_consumers_total{transport=";
    const both = (await metric(url, `${cut}"sse"}`)) + (await metric(url, `${cut}"websocket"}`));
    if (stalled > 0 && both === 2 * stalled && Number.isNaN(cutAfter)) cutAfter = seconds;
  }
  const after = await toldWithin(url);
  const told = [...after].map(([bound, count]) => [bound, count - before.get(bound)!] as const);
  const [, all] = told.at(-1)!;
  stop.abort();
  const { acknowledged } = await sending;
  const last = seqsOf(gateway.database).length;
  while (readers.some(({ results }) => results() < last)) await wait(50);
  for (const { socket } of [...readers, ...streams]) socket.destroy();
  for (const socket of sockets) socket.terminate();
  return {
    sent: acknowledged.length,
    cutAfter,
    mostMb,
    /** The least bound of the metric that 99 of 100 entries were told within, in seconds. */
    toldP99: told.find(([, count]) => count >= 0.99 * all)![0],
  };
}

/** How many entries were told within so many seconds, by the bounds that the metric has. */
async function toldWithin(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const buckets = text.matchAll(/^issuewire_told_seconds_bucket\{le="(.*)"\} (\d+)$/gm);
  return new Map([...buckets].map(([, bound, count]) => [bound!, Number(count)]));
}

async function stalledSocket(url: string): Promise<WebSocket> {
  const socket = await subscribedSocket(url, large);
  socket.pause();
  return socket;
}

async function subscribedSocket(url: string, query = everything): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  await once(socket, "open");
  socket.send('{"type":"connection_init"}');
  await once(socket, "message");
  socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query } }));
  await once(socket, "message");
  return socket;
}

async function newestCursor(url: string): Promise<string> {
  const response = await fetch(`${url}/graphql?query={feed{cursor}}`);
  const { data } = (await response.json()) as {
    readonly data: { readonly feed: { readonly cursor: string } };
  };
  return data.feed.cursor;
}
