import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import pg from "pg";

/** A pooler like PgBouncer in transaction mode, except that the next transaction always gets another session. */
export type Pooler = AsyncDisposable & {
  /** A `postgres://` URL that leads through the pooler. */
  readonly url: string;
  /** How many sessions it has with the server. */
  readonly sessions: number;
  /** Messages from the server to a session while nobody used it. */
  readonly strays: () => number;
};

type Session = { readonly socket: Socket; user: Client | null };

type Client = {
  readonly socket: Socket;
  /** Messages waiting for a session. */
  readonly waiting: Buffer[];
  session: Session | null;
  /** How many answers are not complete yet. */
  due: number;
};

export type PoolerOptions = {
  readonly sessions?: number;
  /** Startup parameters that are accepted and ignored. A connection with any other unknown one is refused. */
  readonly ignored?: readonly string[];
};

const known = ["user", "database", "client_encoding", "application_name"];

/** @param url of the server that the sessions connect to. */
export async function startPooler(
  url: string,
  { sessions: count = 4, ignored = [] }: PoolerOptions = {},
): Promise<Pooler> {
  const free: Session[] = [];
  const all = new Set<Session>();
  const clients = new Set<Client>();
  let strays = 0;
  let isOver = false;

  async function openSession(): Promise<void> {
    const client = new pg.Client(url);
    client.on("error", () => {});
    await client.connect();
    // From here on the raw bytes are passed on.
    const { stream: socket } = client.connection as unknown as { readonly stream: Socket };
    socket.removeAllListeners("data");
    const session: Session = { socket, user: null };
    socket.on(
      "data",
      framed((message) => {
        const { user } = session;
        if (user === null) strays += 1;
        else {
          user.socket.write(message);
          if (message[0] !== code.readyForQuery) return;
          user.due -= 1;
          if (user.due > 0 || message[5] !== code.idle) return;
          user.session = null;
          give(session);
        }
      }),
    );
    all.add(session);
    give(session);
  }

  function give(session: Session): void {
    session.user = null;
    free.push(session);
    for (const client of clients) if (client.waiting.length > 0) pass(client);
  }

  function pass(client: Client): void {
    client.session ??= free.shift() ?? null;
    if (client.session === null) return;
    client.session.user = client;
    for (const message of client.waiting.splice(0)) {
      if (message[0] === code.query || message[0] === code.sync) client.due += 1;
      client.session.socket.write(message);
    }
  }

  function welcome(socket: Socket, startup: Buffer): void {
    const words = startup.subarray(8).toString().split("\0");
    const asked = words.filter((word, index) => index % 2 === 0 && word !== "");
    const refused = asked.find((name) => !known.includes(name) && !ignored.includes(name));
    if (refused !== undefined) {
      const said = `SFATAL\0C08P01\0Munsupported startup parameter: ${refused}\0\0`;
      socket.end(framing("E", Buffer.from(said)));
      return;
    }
    const process = Buffer.alloc(8);
    process.writeInt32BE(0x7f000000 + clients.size);
    const begins = [framing("R", Buffer.alloc(4)), framing("K", process), framing("Z", Buffer.from("I"))];
    socket.write(Buffer.concat(begins));
  }

  const server = createServer({ noDelay: true }, (socket) => {
    const client: Client = { socket, waiting: [], session: null, due: 0 };
    clients.add(client);
    const take = framed((message) => {
      if (message[0] === code.terminate) {
        socket.end();
        return;
      }
      client.waiting.push(message);
      pass(client);
    });
    socket.once("data", (startup) => {
      socket.on("data", take);
      welcome(socket, startup);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clients.delete(client);
      if (client.session === null || isOver) return;
      // Gone during a transaction. Closing the session rolls that back.
      client.session.socket.destroy();
      all.delete(client.session);
      void openSession();
    });
  });
  for (let opened = 0; opened < count; opened += 1) await openSession();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const through = new URL(url);
  through.hostname = "127.0.0.1";
  through.port = String((server.address() as AddressInfo).port);
  through.searchParams.delete("options");
  return {
    url: through.href,
    sessions: count,
    strays: () => strays,
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      server.close();
      for (const { socket } of clients) socket.destroy();
      await once(server, "close");
      for (const { socket } of all) socket.destroy();
    },
  };
}

const code = { readyForQuery: 0x5a, idle: 0x49, query: 0x51, sync: 0x53, terminate: 0x58 };

/** Returns a function that takes chunks, and calls `take` with each whole message in them. */
function framed(take: (message: Buffer) => void): (chunk: Buffer) => void {
  let held = Buffer.alloc(0);
  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 5) {
      const length = 1 + held.readInt32BE(1);
      if (held.length < length) return;
      take(held.subarray(0, length));
      held = held.subarray(length);
    }
  };
}

function framing(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(4 + content.length, 1);
  return Buffer.concat([head, content]);
}
