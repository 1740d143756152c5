import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import { startProcess } from "./gateway.ts";
import { footprint, metric, openRawStream } from "./raw-stream.ts";

/** Experiment E50: clients that come and go leave nothing behind, however they go. */

/** The ways to come and go. Each resolves once the client is gone. */
const ways: readonly ((url: string) => Promise<void>)[] = [
  async (url) => {
    const { socket } = await openRawStream(url);
    socket.end().destroy();
  },
  async (url) => {
    const { socket } = await openRawStream(url);
    socket.resetAndDestroy();
  },
  // Gone in the middle of a request.
  async (url) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    await once(socket, "connect");
    socket.write('POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"query":');
    socket.destroy();
  },
  async (url) => {
    const socket = await subscribed(url);
    socket.close();
    await once(socket, "close");
  },
  async (url) => {
    const socket = await subscribed(url);
    socket.terminate();
  },
];

async function subscribed(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  await once(socket, "open");
  socket.send('{"type":"connection_init"}');
  await once(socket, "message");
  socket.send('{"id":"1","type":"subscribe","payload":{"query":"subscription { issueChanged { cursor } }"}}');
  await once(socket, "message");
  return socket;
}

/**
 * Clients come and go this many times, 20 at once. Returns what the gateway uses before the second half and after it.
 */
export async function comeAndGo(cycles: number) {
  await using gateway = await startProcess({ settings: { LOG_LEVEL: "info" } });
  const { url, process } = gateway;
  const run = async (count: number): Promise<void> => {
    let left = count;
    const one = async (): Promise<void> => {
      for (let number = left--; number > 0; number = left--) await ways[number % ways.length]!(url);
    };
    await Promise.all(Array.from({ length: 20 }, one));
    // The gateway notices a moment later who is gone.
    while ((await subscribers(url)) > 0) await wait(20);
  };
  await run(cycles / 2);
  const before = footprint(process.pid!);
  await run(cycles / 2);
  const after = footprint(process.pid!);
  return { before, after, subscribers: await subscribers(url) };
}

async function subscribers(url: string): Promise<number> {
  const [sse, webSocket] = await Promise.all(
    ["sse", "websocket"].map((transport) => metric(url, `issuewire_subscribers{transport="${transport}"}`)),
  );
  return sse! + webSocket!;
}
