import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A proxy between a replica and its server that fails like a network. */
export type Proxy = AsyncDisposable & {
  /** The same URL through the proxy. */
  readonly through: (url: string) => string;
  /** Connects all later connections to this port. */
  readonly leadTo: (port: number) => void;
  /** Resets every connection. */
  readonly cut: () => void;
  /**
   * From now on drops what passes on connections that listen, without closing them, like a firewall that has forgotten
   * them. Returns how many there are now.
   */
  readonly muteListeners: () => number;
  /**
   * Does the same to any connection that sends this text, from then on, as if the replica's machine were gone halfway.
   * Resolves once there is one.
   */
  readonly muteAt: (text: string) => Promise<void>;
  /** Does the same to all connections that there are. */
  readonly muteAll: () => void;
  /** Ends `muteListeners` for new connections. Those that were muted stay muted. */
  readonly unmute: () => void;
};

export async function startProxy(targetPort: number): Promise<Proxy> {
  let port = targetPort;
  let isMuting = false;
  let mutingAt: { readonly text: string; readonly muted: () => void } | null = null;
  const sockets = new Set<Socket>();
  const nears = new Set<Socket>();
  const listening = new Set<Socket>();
  const forgotten = new WeakSet<Socket>();

  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    nears.add(near);
    near.on("close", () => nears.delete(near));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk) => {
        if (from === near && chunk.includes('listen "issuewire')) listening.add(near);
        if (isMuting && listening.has(near)) forgotten.add(near);
        if (from === near && mutingAt !== null && chunk.includes(mutingAt.text)) {
          forgotten.add(near);
          mutingAt.muted();
        }
        if (!forgotten.has(near)) to.write(chunk);
      });
      from.on("end", () => {
        if (!forgotten.has(near)) to.end();
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        listening.delete(near);
        if (!forgotten.has(near)) to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const own = (server.address() as AddressInfo).port;
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    through(url) {
      const changed = new URL(url);
      changed.hostname = "127.0.0.1";
      changed.port = String(own);
      return changed.href;
    },
    leadTo: (to) => void (port = to),
    cut,
    muteListeners() {
      isMuting = true;
      for (const socket of listening) forgotten.add(socket);
      return listening.size;
    },
    muteAll() {
      for (const near of nears) forgotten.add(near);
    },
    muteAt: (text) => new Promise((muted) => (mutingAt = { text, muted })),
    unmute: () => void (isMuting = false),
    [Symbol.asyncDispose]: async () => {
      server.close();
      cut();
      await once(server, "close");
    },
  };
}
