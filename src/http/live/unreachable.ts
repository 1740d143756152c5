import { createReadStream } from "node:fs";
import { SocketAddress, type Socket } from "node:net";
import { endianness } from "node:os";
import { setInterval } from "node:timers/promises";

/** Knows the connections whose other end has not acknowledged sent data for a while. */
export type Unreachable = Disposable & {
  /** True if the socket is one of these connections. */
  readonly has: (socket: Pick<Socket, "localPort" | "remoteAddress" | "remotePort">) => boolean;
  /** Checks all connections now. Resolves when done; never rejects. */
  readonly look: () => Promise<void>;
};

/**
 * Retransmissions after which a connection counts as unreachable. Their intervals double: this takes 12 s if the round
 * trip is short, longer if it is long.
 */
const leastRetransmissions = 6;

/**
 * Checks periodically for connections on which Linux retransmits in vain. TCP itself gives up after a quarter of an
 * hour, Node offers no shorter timeout, and an event stream's client sends nothing that could be missed. On other
 * systems it knows of none.
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
      // Aborted: nothing else ends the loop.
    }
  }
  void lookOn();

  return {
    look,
    // Called once a second for each connection: the size first, because a socket looks its addresses up when asked.
    has: (socket) =>
      known.size > 0 && known.has(keyOf(socket.localPort, socket.remoteAddress, socket.remotePort)),
    [Symbol.dispose]: () => stop.abort(),
  };
}

/** An established connection (01) that retransmits (01): local port, remote address, remote port, retransmissions. */
const retransmitting =
  /^ *\d+: [\dA-F]+:([\dA-F]{4}) ([\dA-F]+):([\dA-F]{4}) 01 [\dA-F]{8}:[\dA-F]{8} 01:[\dA-F]{8} ([\dA-F]{8}) /gm;

function keyOf(localPort?: number, address?: string, port?: number): string {
  return `${localPort} ${address} ${port}`;
}

/** The kernel prints words of four bytes as numbers in the machine's byte order. */
function addressOf(shown: string): string {
  const words = Buffer.from(shown, "hex");
  const bytes = endianness() === "LE" ? words.swap32() : words;
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return new SocketAddress({ address: groups.join(":"), family: "ipv6" }).address;
}
