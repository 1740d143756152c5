import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { attacks, bodyOf } from "./graphql/attacks.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

/** A socket of a gateway that was let in, whose messages wait to be taken. */
async function connected({ url }: TestGateway) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const messages: string[] = [];
  let wake = Promise.withResolvers<void>();
  socket.on("message", (data: Buffer) => {
    messages.push(data.toString());
    wake.resolve();
  });
  const closed = once(socket, "close").then(([code]) => {
    wake.resolve();
    return code as number;
  });
  await once(socket, "open");
  socket.send('{"type":"connection_init"}');
  await once(socket, "message");
  const isClosed = () => socket.readyState === WebSocket.CLOSED;
  /** The next message of an operation; what else comes is passed over. Null once the socket is closed. */
  async function next(id: string): Promise<string | null> {
    for (;;) {
      const at = messages.findIndex((text) => text.includes(`"id":"${id}"`));
      if (at >= 0) return messages.splice(at, 1)[0]!;
      if (isClosed()) return null;
      wake = Promise.withResolvers();
      await wake.promise;
    }
  }
  return { socket, closed, next, [Symbol.dispose]: () => socket.terminate() };
}

/** More than a frame may have: the socket is closed, as the protocol of WebSockets has it. */
const maxFrameBytes = 65_536;

describe("an attack over a WebSocket", () => {
  // One gateway for all of them: none may leave it the worse for the next.
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it.each(Object.entries(attacks))("gets the answer that it gets by POST: %s", async (_, attack) => {
    using client = await connected(gateway);
    // The payload as it is: what nests too deep for `JSON.stringify` is sent too.
    const message = `{"id":"1","type":"subscribe","payload":${bodyOf(attack)}}`;
    client.socket.send(message);
    if (message.length > maxFrameBytes) {
      expect(await client.closed).toBe(1009);
      return;
    }
    const answer = await client.next("1");
    if (attack.code === null) expect(answer).not.toContain('"code"');
    // What is refused before it is an operation ends the socket.
    else if (answer === null) expect([4400, attack.code]).toEqual([await client.closed, "BAD_REQUEST"]);
    else expect(answer).toContain(`"code":"${attack.code}"`);
    // Nobody else is the worse for it.
    using other = await connected(gateway);
    other.socket.send('{"id":"2","type":"subscribe","payload":{"query":"{ __typename }"}}');
    expect(await other.next("2")).toContain('"Query"');
  });
});

describe("a flood of subscriptions on one socket", () => {
  it("is refused beyond the limit, and leaves nothing behind", async () => {
    await using gateway = await startTestGateway({ LIMIT_OPERATIONS_PER_SOCKET: "10" });
    const subscribers = async () => {
      const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
      return /^issuewire_subscribers\{transport="websocket"\} (\d+)$/m.exec(metrics)?.[1] ?? "0";
    };
    {
      using client = await connected(gateway);
      for (let id = 0; id < 1_000; id++)
        client.socket.send(
          JSON.stringify({
            id: `n${id}`,
            type: "subscribe",
            payload: { query: "subscription { issueChanged { cursor } }" },
          }),
        );
      expect(await client.next("n999")).toContain("OPERATION_LIMIT");
      expect(Number(await subscribers())).toBeLessThanOrEqual(10);
    }
    await expect.poll(subscribers).toBe("0");
  });
});
