import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { WebSocket } from "ws";

/** The n-th result that one subscriber got has come now. */
export type OnResult = (n: number) => void;

export type Subscribers = Disposable & {
  /** What the first of them got first: an event as it came, or the text of a message. */
  readonly sample: () => string;
};

export type SubscribersOptions = {
  readonly port: number;
  readonly count: number;
  readonly transport: "sse" | "websocket";
  readonly query: string;
  /** Of each subscriber, by its number. */
  readonly variablesOf: (number: number) => object;
  readonly onResult: OnResult;
};

/** Most connections that are being made at once. */
const atOnce = 100;

/** Subscribers in this process, on raw sockets where that is simple: a client that costs much measures itself. */
export async function openSubscribers(options: SubscribersOptions): Promise<Subscribers> {
  const open = options.transport === "sse" ? openStream : openSocket;
  const all: Opened[] = [];
  let sample = "";
  const onFirst = (text: string): void => {
    sample ||= text;
  };
  for (let number = 0; number < options.count; number += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, options.count - number) }, (_, index) =>
      open(options, number + index, onFirst),
    );
    all.push(...(await Promise.all(some)));
  }
  return {
    sample: () => sample,
    [Symbol.dispose]: () => {
      for (const one of all) one.close();
    },
  };
}

type Opened = { readonly close: () => void };

function openStream(
  { port, query, variablesOf, onResult }: SubscribersOptions,
  number: number,
  onFirst: (text: string) => void,
): Promise<Opened> {
  const body = JSON.stringify({ query, variables: variablesOf(number) });
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () =>
      socket.write(
        `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      ),
    );
    let results = 0;
    let isOpen = false;
    socket.on("data", (chunk: Buffer) => {
      if (!isOpen) {
        isOpen = true;
        resolve({ close: () => socket.destroy() });
      }
      for (let at = chunk.indexOf("event: next"); at >= 0; at = chunk.indexOf("event: next", at + 1)) {
        if (results === 0) onFirst(chunk.toString());
        onResult(results);
        results += 1;
      }
    });
    socket.once("error", reject);
  });
}

function openSocket(
  { port, query, variablesOf, onResult }: SubscribersOptions,
  number: number,
  onFirst: (text: string) => void,
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, "graphql-transport-ws", {
      perMessageDeflate: false,
      skipUTF8Validation: true,
    });
    let results = 0;
    socket.on("open", () => socket.send('{"type":"connection_init"}'));
    socket.on("message", (data: Buffer) => {
      if (data.includes('"connection_ack"')) {
        const payload = { query, variables: variablesOf(number) };
        // As real clients name their operations.
        socket.send(JSON.stringify({ id: randomUUID(), type: "subscribe", payload }));
        resolve({ close: () => socket.terminate() });
      } else if (data.includes('"next"')) {
        if (results === 0) onFirst(data.toString());
        onResult(results);
        results += 1;
      }
    });
    socket.once("error", reject);
  });
}
