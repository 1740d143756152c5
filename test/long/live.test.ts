import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { once } from "node:events";
import { comeAndGo } from "../process/cycles.ts";
import { drains } from "../process/drain.ts";
import { startProcess } from "../process/gateway.ts";
import { survivesHandovers } from "../process/handover.ts";
import { sendAndJournal } from "../process/journal.ts";
import { footprint, metric, openRawStream, type RawStream } from "../process/raw-stream.ts";
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
  await using gateway = await startProcess();
  const { url } = gateway;
  const others = await openMany(url, 100);
  const stop = new AbortController();
  const sending = sendAndJournal(url, { connections: 8, signal: stop.signal, round: 0 });
  await wait(5_000);
  const before = footprint(gateway.process.pid!);
  const stalled = await openRawStream(url, null, large);
  stalled.socket.pause();
  const webSocket = await stalledSocket(url);
  const stalledAt = performance.now();
  const cut = "issuewire_slow_consumers_total{transport=";
  let cutAfter = 0;
  while (performance.now() - stalledAt < 90_000) {
    await wait(500);
    const both = (await metric(url, `${cut}"sse"}`)) + (await metric(url, `${cut}"websocket"}`));
    if (both === 2) {
      cutAfter = (performance.now() - stalledAt) / 1000;
      break;
    }
  }
  stop.abort();
  const { acknowledged } = await sending;
  const last = seqsOf(gateway.database).length;
  while (others.some(({ results }) => results() < last)) await wait(50);
  const after = footprint(gateway.process.pid!);
  webSocket.terminate();
  say({ exp: "E44", sent: acknowledged.length, cutAfter, before, after });
  // It first has to fill what the systems on both sides take.
  expect(cutAfter).toBeGreaterThan(0);
  expect(others.every(({ results }) => results() === last)).toBe(true);
  for (const { socket } of others) socket.destroy();
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
  const sending = sendAndJournal(url, { connections: 8, signal: stop.signal, round: 0 });
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
  const again: RawStream[] = [];
  const comeBack = async (): Promise<void> => {
    await wait(Math.random() * 5_000);
    again.push(await openRawStream(url, cursor));
  };
  await Promise.all(Array.from({ length: count }, comeBack));
  while (again.some(({ results }) => results() < missed)) await wait(20);
  const seconds = (performance.now() - begunAt) / 1000;
  say({ exp: "E47", n: count, missed, seconds });
  expect(seconds).toBeLessThan(30);
  for (const { socket } of again) socket.destroy();
});

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

async function stalledSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  await once(socket, "open");
  socket.send('{"type":"connection_init"}');
  await once(socket, "message");
  socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: large } }));
  await once(socket, "message");
  socket.pause();
  return socket;
}

async function newestCursor(url: string): Promise<string> {
  const response = await fetch(`${url}/graphql?query={feed{cursor}}`);
  const { data } = (await response.json()) as {
    readonly data: { readonly feed: { readonly cursor: string } };
  };
  return data.feed.cursor;
}
