import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";

/** The n-th result that one subscriber got has come now. */
export type OnResult = (n: number) => void;

export type Subscribers = Disposable & {
  /** What the first of them got first: an event as it came, or the text of a message. */
  readonly sample: () => string;
};

export type SubscribersOptions = {
  readonly port: number;
  readonly count: number;
  readonly transport: Transport;
  readonly query: string;
  /** Of each subscriber, by its number. */
  readonly variablesOf: (number: number) => object;
  readonly onResult: OnResult;
};

export type Transport = "sse" | "websocket";

/** Most connections that are being made at once. */
const atOnce = 100;

/** What every result has, and nothing else. */
const marks = { sse: "event: next", websocket: '"type":"next"' };

/** All sockets are read into this, one after the other. */
const buffer = Buffer.alloc(65_536);

/** Subscribers in this process, on raw sockets and without a parser: a client that costs much measures itself. */
export async function openSubscribers(options: SubscribersOptions): Promise<Subscribers> {
  const sockets: Socket[] = [];
  let sample = "";
  const onFirst = (text: string): void => {
    sample ||= text;
  };
  for (let number = 0; number < options.count; number += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, options.count - number) }, (_, index) =>
      open(options, number + index, onFirst),
    );
    sockets.push(...(await Promise.all(some)));
  }
  return {
    sample: () => sample,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function open(
  { port, transport, query, variablesOf, onResult }: SubscribersOptions,
  number: number,
  onFirst: (text: string) => void,
): Promise<Socket> {
  const mark = marks[transport];
  const payload = { query, variables: variablesOf(number) };
  return new Promise((resolve, reject) => {
    let results = 0;
    let isOpen = false;
    /** What may be the beginning of a mark. */
    let left = "";

    function read(length: number): boolean {
      const text = left + buffer.toString("latin1", 0, length);
      left = /[}\n]$/.test(text) ? "" : text.slice(1 - mark.length);
      if (transport === "websocket") answer(text);
      else if (!isOpen) opened();
      for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
        if (results === 0) onFirst(text);
        onResult(results);
        results += 1;
      }
      return true;
    }

    function answer(text: string): void {
      // As graphql-ws answers: with what came.
      const ping = /"type":"ping"([^}]*}+)/.exec(text);
      if (ping !== null) socket.write(maskedText(`{"type":"pong"${ping[1]}`));
      if (text.includes("\x89\0")) socket.write(emptyPong);
      if (isOpen || !text.includes('"connection_ack"')) return;
      // As real clients name their operations.
      socket.write(maskedText(JSON.stringify({ id: randomUUID(), type: "subscribe", payload })));
      opened();
    }

    function opened(): void {
      isOpen = true;
      resolve(socket);
    }

    const socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer, callback: read },
    });
    socket.write(transport === "sse" ? streamRequest(JSON.stringify(payload)) : upgradeRequest);
    socket.once("error", reject);
    // The server it was of is gone.
    socket.on("error", () => {});
  });
}

function streamRequest(body: string): string {
  return [
    "POST /graphql HTTP/1.1",
    "Host: localhost",
    "Accept: text/event-stream",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}

const upgradeRequest = Buffer.concat([
  Buffer.from(
    [
      "GET /graphql HTTP/1.1",
      "Host: localhost",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Protocol: graphql-transport-ws",
      "",
      "",
    ].join("\r\n"),
  ),
  maskedText('{"type":"connection_init"}'),
]);

/** A pong as clients send it, masked with zeros. */
const emptyPong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

/** A text frame as clients send it (RFC 6455, 5.2), masked with zeros, which leave a payload as it is. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  const size = length < 126 ? [length] : [126, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([0x81, 0x80 | size[0]!, ...size.slice(1), 0, 0, 0, 0]), payload]);
}
