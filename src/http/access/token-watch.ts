import { setTimeout } from "node:timers/promises";
import type { Token } from "../../domain/token.ts";

/** A token that exists. `revoked` aborts once it no longer does. */
export type KnownToken = { readonly token: Token; readonly revoked: AbortSignal };

/** Null if there is no such token; "unknown" if tokens cannot be read now. */
export type FoundToken = KnownToken | "unknown" | null;

/** A copy of the store's tokens, moments old at most. */
export type TokenWatch = Disposable & {
  /** Finds a token by its sha256, even if it was made a moment ago. */
  readonly find: (sha256: string) => Promise<FoundToken>;
  /** True if there is any token, expired ones included. */
  readonly hasAny: () => boolean;
  /** Aborts within moments of a first token being made. */
  readonly whileNone: () => AbortSignal;
};

export type TokenWatchOptions = {
  readonly list: () => Promise<readonly Token[]>;
  /** Called if tokens could not be read: those known so far stay valid. */
  readonly failed: (error: unknown) => void;
  /** How often tokens are read. */
  readonly everyMs: number;
  /** The least time between two reads. A request with an unknown token waits so long at most before the next read. */
  readonly apartMs?: number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
};

/**
 * Keeps the tokens in memory and reads them again periodically, because `issuewire token` writes them beside a running
 * gateway.
 * @throws what the first `list` throws.
 */
export async function startTokenWatch({
  list,
  failed,
  everyMs,
  apartMs = 100,
  now = performance.now.bind(performance),
}: TokenWatchOptions): Promise<TokenWatch> {
  let held: ReadonlyMap<string, Held> = new Map();
  let none = new AbortController();
  let readAt = -Infinity;
  let reading: Promise<boolean> | null = null;
  let isListing = false;

  async function read(): Promise<void> {
    isListing = true;
    const tokens = await list().finally(() => {
      isListing = false;
      readAt = now();
    });
    const next = new Map<string, Held>();
    for (const token of tokens) next.set(token.sha256, held.get(token.sha256) ?? hold(token));
    for (const [sha256, { revoke }] of held) if (!next.has(sha256)) revoke();
    held = next;
    if (held.size > 0) none.abort();
    else if (none.signal.aborted) none = new AbortController();
  }
  /** Reads the tokens again; concurrent callers share one read. False if it failed. */
  const readAgain = (): Promise<boolean> =>
    (reading ??= setTimeout(Math.max(0, readAt + apartMs - now()))
      .then(read)
      .then(
        () => true,
        (error: unknown) => {
          failed(error);
          return false;
        },
      )
      .finally(() => {
        reading = null;
      }));

  await read();
  const timer = setInterval(() => void readAgain(), everyMs);
  timer.unref();
  return {
    async find(sha256) {
      // A read that is under way may have begun before the token was made.
      if (!held.has(sha256) && isListing) await reading;
      const isRead = held.has(sha256) || (await readAgain());
      return held.get(sha256)?.known ?? (isRead ? null : "unknown");
    },
    hasAny: () => held.size > 0,
    whileNone: () => none.signal,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

type Held = { readonly known: KnownToken; readonly revoke: () => void };

/** A token never changes while it exists. */
function hold(token: Token): Held {
  const revoked = new AbortController();
  return { known: { token, revoked: revoked.signal }, revoke: () => revoked.abort() };
}
