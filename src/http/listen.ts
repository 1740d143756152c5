import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

export type Listening = AsyncDisposable & {
  readonly address: AddressInfo;
  /** Stops accepting connections, and waits for nothing: those that are open go on. */
  readonly refuse: () => void;
};

/** How long requests in progress may take once the server stops. */
const drainMs = 7_000;
const idleEveryMs = 20;

/** The most connections that wait to be accepted. Node's 511 would lose most of the clients that reconnect at once. */
const backlog = 4_096;

/**
 * Starts listening. Disposing stops accepting connections, waits for requests in progress, and ends those left after
 * `drainMs`. It also waits for upgraded connections, which their owner has to end.
 * @throws Error that says what to do if the address is unavailable.
 */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  server.listen({ host, port, backlog });
  try {
    await once(server, "listening");
  } catch (error) {
    throw describe(error, host, port);
  }
  return {
    // A server that listens on TCP has an address of this form.
    address: server.address() as AddressInfo,
    refuse: () => void server.close(),
    [Symbol.asyncDispose]: () => stop(server),
  };
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection becomes idle when its last answer ends, and would be kept open for another request.
  const idle = setInterval(() => server.closeIdleConnections(), idleEveryMs);
  const all = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(idle);
  clearTimeout(all);
}

function describe(error: unknown, host: string, port: number): Error {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return new Error(whatToDo(code, host, port), { cause: error });
}

function whatToDo(code: unknown, host: string, port: number): string {
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} is in use: stop what listens there, or set PORT to another one.`;
    case "EACCES":
      return `This user may not listen on port ${port}: set PORT to one above 1023, and have a proxy in front listen on that one.`;
    default:
      return `Cannot listen on ${host}:${port}: set HOST and PORT to an address of this machine.`;
  }
}
