import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";

/** Listens on a free local port; disposing ends every connection. */
export async function listening(server: Server): Promise<AsyncDisposable & { readonly port: number }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type WireAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** Sends one request on a connection of its own, and returns the whole answer. */
export function send(
  port: number,
  {
    method = "POST",
    path = "/webhooks/sentry",
    headers = {},
    body = Buffer.alloc(0),
  }: {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: OutgoingHttpHeaders;
    readonly body?: Uint8Array;
  },
): Promise<WireAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<WireAnswer>();
  const sent = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () =>
      resolve({
        status: response.statusCode!,
        headers: response.headers,
        body: Buffer.concat(chunks).toString(),
      }),
    );
  });
  sent.on("error", reject).end(body);
  return promise;
}

/** A connection that carries whatever bytes a test writes. */
export class Wire {
  readonly socket: Socket;
  #received = "";
  #ended = false;
  #changed: () => void = () => {};

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
      this.#changed();
    });
    // A reset ends the connection like any other close.
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.#ended = true;
      this.#changed();
    });
  }

  write(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  /**
   * Everything received, once it contains `text`.
   * @throws Error if the connection ends before.
   */
  async until(text: string): Promise<string> {
    while (!this.#received.includes(text)) {
      if (this.#ended) throw new Error(`the connection ended after ${JSON.stringify(this.#received)}`);
      await this.#change();
    }
    return this.#received;
  }

  /** Everything received, once the connection has ended. */
  async untilEnd(): Promise<string> {
    while (!this.#ended) await this.#change();
    return this.#received;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#changed = resolve));
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** A request's head as bytes of HTTP/1.1. */
export function head(
  headers: Readonly<Record<string, string | number>>,
  first = "POST /webhooks/sentry HTTP/1.1",
): string {
  const lines = Object.entries({ Host: "localhost", ...headers }).map(([name, value]) => `${name}: ${value}`);
  return [first, ...lines, "", ""].join("\r\n");
}
