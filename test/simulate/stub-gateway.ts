import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export type ReceivedRequest = {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** The stub's answer; null for none. */
export type StubAnswer = { readonly status: number; readonly body: string } | null;

/** Listens on a free loopback port until it is disposed, and keeps the requests that it receives. */
export async function startStubGateway(answer: (request: ReceivedRequest) => StubAnswer) {
  const requests: ReceivedRequest[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { method, url: path, headers } = request;
    const received = { method, path, headers, body: Buffer.concat(pieces) };
    requests.push(received);
    const answered = answer(received);
    if (answered === null) return;
    response.writeHead(answered.status, { "Content-Type": "application/json" }).end(answered.body);
  });
  server.on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    requests,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export const kept: StubAnswer = { status: 202, body: '{"outcome":"APPLIED","delivery":"RGVsaXZlcnk6MQ=="}' };
