import { hash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type pg from "pg";

type ListenerOptions = {
  /** A connection that is not yet connected. */
  readonly connection: () => pg.Client;
  readonly channel: string;
  /** The connection's application_name. */
  readonly name: string;
  /**
   * Called with the newest position when a commit is announced; with null if the log may have grown while nobody
   * listened.
   */
  readonly heard: (position: number | null) => void;
  /** Called if the connection broke or could not be made; it is tried again. */
  readonly failed: (error: unknown) => void;
};

/** How long until the first retry. The wait doubles with each further one, up to the longest. */
const [firstRetryMs, longestRetryMs] = [100, 5_000];

/** How often a silent connection is checked: one that a firewall forgot breaks without a sign. */
const checkMs = 10_000;

/** The application_name of a connection that listens: it shows that a replica has the store of this schema. */
export function listeningName(schema: string): string {
  return `issuewire listening ${shortName(schema)}`;
}

/** The channel on which replicas with the store of this schema tell each other of commits. */
export function channelOf(schema: string): string {
  return `issuewire ${shortName(schema)}`;
}

/** The schema's name, or a hash of it: a channel's name has at most 63 bytes, and an application_name is ASCII. */
function shortName(schema: string): string {
  return /^[ -~]{1,40}$/.test(schema) ? schema : hash("sha256", schema).slice(0, 40);
}

/**
 * Listens for commits of other replicas, on a connection of its own, until it is disposed.
 *
 * A notification is only a hint: none is repeated, and none is heard while the connection is away. Whoever needs to
 * know reads the log.
 */
export function startListener(options: ListenerOptions): AsyncDisposable {
  const { connection, channel, name, heard, failed } = options;
  const stop = new AbortController();

  async function listenOn(): Promise<void> {
    let waitMs = firstRetryMs;
    while (!stop.signal.aborted) {
      try {
        await listenOnce(() => (waitMs = firstRetryMs));
      } catch (error) {
        if (stop.signal.aborted) return;
        failed(error);
      }
      // With jitter, so that not all replicas come at once when the server is back.
      await paused(waitMs * (0.5 + Math.random() / 2), stop.signal);
      waitMs = Math.min(waitMs * 2, longestRetryMs);
    }
  }

  /** Ends when the connection does. */
  async function listenOnce(connected: () => void): Promise<void> {
    const client = connection();
    const ended = Promise.withResolvers<never>();
    // Nobody may be waiting for it yet.
    ended.promise.catch(() => {});
    const end = (error?: Error) => ended.reject(error ?? new Error("The connection that listens has ended."));
    const leave = () => end();
    client.on("error", end);
    client.on("end", leave);
    const hear = ({ payload }: pg.Notification) => heard(Number(payload));
    client.on("notification", hear);
    stop.signal.addEventListener("abort", leave);
    /** Waits for the server's answer. If it does not come within `checkMs`, the server counts as gone. */
    const answered = async (answer: Promise<unknown>): Promise<void> => {
      const silent = AbortSignal.timeout(checkMs);
      silent.addEventListener("abort", leave);
      // If the connection ends first, nobody awaits the answer.
      answer.catch(() => {});
      await Promise.race([answer, ended.promise]);
      silent.removeEventListener("abort", leave);
    };
    try {
      await answered(client.connect());
      await answered(client.query("select set_config('application_name', $1, false)", [name]));
      await answered(client.query(`listen ${client.escapeIdentifier(channel)}`));
      connected();
      heard(null);
      for (;;) {
        await Promise.race([paused(checkMs, stop.signal), ended.promise]);
        await answered(client.query("select 1"));
      }
    } finally {
      stop.signal.removeEventListener("abort", leave);
      client.removeListener("notification", hear);
      // Not awaited: a connection that does not answer does not say goodbye either.
      void client.end().catch(() => {});
    }
  }

  const listening = listenOn();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await listening;
    },
  };
}

/** Resolves after so many milliseconds, or when the signal aborts. */
function paused(milliseconds: number, signal: AbortSignal): Promise<void> {
  return setTimeout(milliseconds, undefined, { signal }).catch(() => {});
}
