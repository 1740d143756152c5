import { createReadStream } from "node:fs";
import { SocketAddress, type Socket } from "node:net";
import { setInterval } from "node:timers/promises";

/** Knows the connections whose other end has not acknowledged anything for a while, though it was sent something. */
export type Unreachable = Disposable & {
  /** True for one of them. */
  readonly has: (socket: Pick<Socket, "localPort" | "remoteAddress" | "remotePort">) => boolean;
  /** Looks now. Resolves when it is known; never rejects. */
  readonly look: () => Promise<void>;
};

/** So often sent again, each time twice as late as before: after 12 seconds where the way is short, later where it is long. */
const leastRetransmissions = 6;

/**
 * Looks again and again which connections Linux has tried in vain. TCP itself gives them up after a quarter of an hour,
 * Node offers no shorter time, and an event stream's client never says anything that could be missed. Elsewhere than on
 * Linux it knows of none.
 *
 * @param tables of TCP connections, in the form of /proc/net/tcp (proc_net_tcp.txt of the kernel).
 */
export function watchUnreachable(
  tables: readonly string[] = ["/proc/net/tcp", "/proc/net/tcp6"],
  everyMs = 5_000,
): Unreachable {
  let known: ReadonlySet<string> = new Set();
  const stop = new AbortController();

  async function look(): Promise<void> {
    const found = new Set<string>();
    for (const table of tables) {
      try {
        let left = "";
        for await (const chunk of createReadStream(table, { encoding: "latin1" })) {
          const text = left + String(chunk);
          const end = text.lastIndexOf("\n") + 1;
          left = text.slice(end);
          for (const [, localPort, address, port, times] of text.slice(0, end).matchAll(retransmitting))
            if (parseInt(times!, 16) >= leastRetransmissions)
              found.add(keyOf(parseInt(localPort!, 16), addressOf(address!), parseInt(port!, 16)));
        }
      } catch {
        // Not Linux, or without /proc.
      }
    }
    known = found;
  }

  async function lookOn(): Promise<void> {
    try {
      for await (const _ of setInterval(everyMs, undefined, { signal: stop.signal, ref: false }))
        await look();
    } catch {
      // Aborted, which is the only way out.
    }
  }
  void lookOn();

  return {
    look,
    // Asked of each connection once a second: a socket looks its addresses up when it is asked for them.
    has: (socket) =>
      known.size > 0 && known.has(keyOf(socket.localPort, socket.remoteAddress, socket.remotePort)),
    [Symbol.dispose]: () => stop.abort(),
  };
}

/** An established connection (01) with a timer to send again (01): local port, remote address and port, how often by now. */
const retransmitting =
  /^ *\d+: [\dA-F]+:([\dA-F]{4}) ([\dA-F]+):([\dA-F]{4}) 01 [\dA-F]{8}:[\dA-F]{8} 01:[\dA-F]{8} ([\dA-F]{8}) /gm;

function keyOf(localPort?: number, address?: string, port?: number): string {
  return `${localPort} ${address} ${port}`;
}

/** The kernel shows words of four bytes, each as a number of its machine, which are little-endian where Node 24 runs. */
function addressOf(shown: string): string {
  const bytes = Buffer.from(shown, "hex").swap32();
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return new SocketAddress({ address: groups.join(":"), family: "ipv6" }).address;
}
