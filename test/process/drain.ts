import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { hash } from "node:crypto";
import { sign } from "../../src/sentry/signature.ts";
import { WebSocket } from "ws";
import { secret, startProcess } from "./gateway.ts";
import { openRawStream } from "./raw-stream.ts";

/** Experiment E51: a gateway told to stop informs all clients and loses nothing. */

export type Drained = {
  /** The answers to the webhooks that were under way, counted by status. */
  readonly answers: Readonly<Record<string, number>>;
  /** How many event streams ended as they should: without a `complete`, so that clients reconnect. */
  readonly streams: number;
  /** WebSockets counted by close code. */
  readonly closed: Readonly<Record<string, number>>;
  /** The answers of /health/ready and to a new webhook, after the signal. */
  readonly ready: number;
  readonly late: string | undefined;
  readonly exitCode: number | null;
  /** From the signal to the exit. */
  readonly seconds: number;
};

/**
 * Sends SIGTERM to a gateway with this many subscribers and half-sent webhooks.
 * @param isHurried sends SIGINT once the gateway is draining; else it takes its DRAIN_DELAY.
 */
export async function drains({
  subscribers,
  webhooks,
  drainDelay,
  isHurried,
}: {
  readonly subscribers: number;
  readonly webhooks: number;
  readonly drainDelay: string;
  readonly isHurried: boolean;
}): Promise<Drained> {
  const settings = { DRAIN_DELAY: drainDelay, LIMIT_SOCKETS_PER_ADDRESS: "10000" };
  await using gateway = await startProcess({ settings });
  const { url } = gateway;
  const streams = await inTurns(subscribers, () => openRawStream(url));
  const texts = streams.map(({ socket }) => textOf(socket));
  const sockets = await inTurns(subscribers, () => openSocket(url));
  const closings = sockets.map(async (socket) => String((await once(socket, "close"))[0]));
  const begun = await inTurns(webhooks, (number) => beginWebhook(url, number));

  const stoppedAt = performance.now();
  gateway.process.kill("SIGTERM");
  let ready = 200;
  while (ready === 200) ready = (await fetch(`${url}/health/ready`)).status;
  const late = await (await beginWebhook(url, webhooks)).finish();
  if (isHurried) gateway.process.kill("SIGINT");
  const answers = await Promise.all(begun.map(({ finish }) => finish()));
  const exited = gateway.end("SIGTERM");
  const ended = (await Promise.all(texts)).filter(
    (text) => text.endsWith("0\r\n\r\n") && !text.includes("complete"),
  );
  return {
    answers: counted(answers),
    streams: ended.length,
    closed: counted(await Promise.all(closings)),
    ready,
    late,
    exitCode: await exited,
    seconds: (performance.now() - stoppedAt) / 1000,
  };
}

/** Makes `count` of them, a hundred at a time. */
async function inTurns<Made>(count: number, make: (number: number) => Promise<Made>): Promise<Made[]> {
  const all: Made[] = [];
  for (let from = 0; from < count; from += 100) {
    const some = Array.from({ length: Math.min(100, count - from) }, (_, index) => make(from + index));
    all.push(...(await Promise.all(some)));
  }
  return all;
}

async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  await once(socket, "open");
  socket.send('{"type":"connection_init"}');
  await once(socket, "message");
  socket.send('{"id":"1","type":"subscribe","payload":{"query":"subscription { issueChanged { cursor } }"}}');
  await once(socket, "message");
  return socket;
}

/** Sends half of a webhook's body. `finish` sends the rest and resolves with the answer's status. */
async function beginWebhook(
  url: string,
  number: number,
): Promise<{ readonly finish: () => Promise<string | undefined> }> {
  const lastSeen = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();
  const issue = {
    id: String(number),
    title: "x",
    status: "unresolved",
    substatus: "new",
    count: "1",
    lastSeen,
  };
  const body = Buffer.from(JSON.stringify({ action: "created", data: { issue } }));
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => {});
  const head = [
    "POST /webhooks/sentry HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    `Request-ID: ${hash("md5", body)}`,
    `Sentry-Hook-Timestamp: ${Math.floor(Date.now() / 1000)}`,
    `Sentry-Hook-Signature: ${sign(secret, body)}`,
  ];
  const text = textOf(socket);
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  socket.write(body.subarray(0, 10));
  return {
    async finish() {
      socket.write(body.subarray(10));
      return /^HTTP\/1\.1 (\d+)/.exec(await text)?.[1];
    },
  };
}

/** Everything received until the server has closed the connection. */
async function textOf(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  await once(socket, "close");
  return text;
}

function counted(values: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value ?? "none"] = (counts[value ?? "none"] ?? 0) + 1;
  return counts;
}
