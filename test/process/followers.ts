import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWebSocketClient } from "graphql-ws";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import { positionOf } from "../../src/domain/cursor.ts";

/** Follows the log with a client of its transport, and reconnects whenever it is cut off. */
export type Follower = AsyncDisposable & {
  /** The positions received, in order of receipt. */
  readonly seqs: readonly number[];
  /** How many times it reconnected. */
  readonly resumed: () => number;
  /** Resolves once it has received this position or a later one. */
  readonly reached: (seq: number) => Promise<void>;
};

type Told = {
  readonly data?: { readonly issueChanged: { readonly cursor: string } } | null;
  readonly errors?: unknown;
};
type Subscribe = (after: string) => AsyncIterable<Told>;

const query = "subscription ($after: Cursor) { issueChanged(after: $after) { cursor } }";

/**
 * @param urls of replicas of one gateway. It starts with the first, and each time it is cut off goes on with the next.
 */
export function followOverSse(urls: string | readonly string[], after: string): Follower {
  const clients = [urls].flat().map((url) => createSseClient({ url: `${url}/graphql`, retryAttempts: 0 }));
  let turn = 0;
  const subscribe: Subscribe = (position) => {
    const client = clients[turn++ % clients.length]!;
    return client.iterate({ query, variables: { after: position } }) as AsyncIterable<Told>;
  };
  return follow(after, subscribe, () => {
    for (const client of clients) client.dispose();
  });
}

export function followOverWebSocket(url: string, after: string): Follower {
  const client = createWebSocketClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    // The default would also log the errors that the iteration throws.
    onNonLazyError: () => {},
  });
  const subscribe: Subscribe = (position) =>
    client.iterate({ query, variables: { after: position } }) as AsyncIterable<Told>;
  return follow(after, subscribe, () => void client.dispose());
}

function follow(begin: string, subscribe: Subscribe, dispose: () => void): Follower {
  const seqs: number[] = [];
  const waiting: { readonly seq: number; readonly reached: () => void }[] = [];
  const stop = new AbortController();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  let resumed = 0;

  function told(seq: number): void {
    seqs.push(seq);
    for (const one of waiting) if (one.seq <= seq) one.reached();
  }

  async function run(): Promise<void> {
    for (let after = begin; !stop.signal.aborted; resumed += 1) {
      try {
        for await (const { data, errors } of subscribe(after)) {
          if (data == null) return failed.reject(new Error(JSON.stringify(errors)));
          after = data.issueChanged.cursor;
          told(positionOf(after)!.seq);
        }
      } catch {
        // The gateway is gone: reconnect.
      }
      await wait(20, undefined, { signal: stop.signal }).catch(() => {});
    }
  }
  const running = run();
  return {
    seqs,
    resumed: () => resumed,
    reached: (seq) =>
      (seqs.at(-1) ?? 0) >= seq
        ? Promise.resolve()
        : Promise.race([
            new Promise<void>((resolve) => waiting.push({ seq, reached: resolve })),
            failed.promise,
          ]),
    async [Symbol.asyncDispose]() {
      stop.abort();
      dispose();
      await running;
    },
  };
}
