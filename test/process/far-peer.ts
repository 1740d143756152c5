import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/**
 * What looks to the network like another machine, and can fall silent without closing anything. Needs Linux and root.
 */
export type FarPeer = Disposable & {
  /** The address of this machine, as seen from there. */
  readonly host: string;
  /** Resolves once a process there has subscribed to a gateway and got the beginning of the stream. */
  readonly subscribe: (url: string) => Promise<void>;
  /** From now on drops everything that it sends. */
  readonly fallSilent: () => void;
  /** Whether a process here still has an open connection with it. */
  readonly isConnected: () => boolean;
};

const ip = (...words: readonly string[]): void => void execFileSync("ip", words);

/** Whether this machine can create one. */
export function canMakeFarPeer(): boolean {
  try {
    ip("netns", "add", "issuewire-probe");
    ip("netns", "delete", "issuewire-probe");
    return true;
  } catch {
    return false;
  }
}

export function createFarPeer(): FarPeer {
  const name = `issuewire-${process.pid}`;
  const [host, there] = ["10.213.0.1", "10.213.0.2"];
  const link = `iw${process.pid}`;
  ip("netns", "add", name);
  ip("link", "add", link, "type", "veth", "peer", "name", "far", "netns", name);
  ip("address", "add", `${host}/24`, "dev", link);
  ip("link", "set", link, "up");
  ip("-n", name, "address", "add", `${there}/24`, "dev", "far");
  ip("-n", name, "link", "set", "far", "up");
  const killed = new AbortController();
  return {
    host,
    async subscribe(url) {
      const query = encodeURIComponent("subscription { issueChanged { cursor } }");
      const script = `
        require("node:http").get("${url}/graphql?query=${query}", { headers: { accept: "text/event-stream" } }, (response) =>
          response.once("data", () => console.log("begun")).on("data", () => {}));`;
      const child = spawn("ip", ["netns", "exec", name, process.execPath, "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
        signal: killed.signal,
        killSignal: "SIGKILL",
      });
      // The abort below kills it.
      child.on("error", () => {});
      await once(child.stdout, "data");
    },
    fallSilent: () => ip("-n", name, "route", "add", "blackhole", `${host}/32`),
    // 10.213.0.2, in state 01: established.
    isConnected: () => / 0200D50A:[0-9A-F]{4} 01 /.test(readFileSync("/proc/net/tcp", "latin1")),
    [Symbol.dispose]() {
      killed.abort();
      ip("link", "delete", link);
      ip("netns", "delete", name);
    },
  };
}
