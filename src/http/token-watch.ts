import { setTimeout } from "node:timers/promises";
import type { Token } from "../domain/token.ts";

/** A token that is there, and when it no longer is. */
export type KnownToken = { readonly token: Token; readonly revoked: AbortSignal };

/** Null for a token that is not there; "unknown" where that cannot be read now. */
export type FoundToken = KnownToken | "unknown" | null;

/** The tokens as the store has them, but for a moment. */
export type TokenWatch = Disposable & {
  /** By its sha256. One that was made a moment ago is found. */
  readonly find: (sha256: string) => Promise<FoundToken>;
  /** True where there is any token, expired ones included. */
  readonly hasAny: () => boolean;
  /** Aborts within moments of there being any. */
  readonly whileNone: () => AbortSignal;
};

export type TokenWatchOptions = {
  readonly list: () => Promise<readonly Token[]>;
  /** Tokens could not be read: what was known of them counts on. */
  readonly failed: (error: unknown) => void;
  /** How often they are read. */
  readonly everyMs: number;
  /** Readings are at least so far apart; whoever sends a token that is not known waits so long at most. */
  readonly apartMs?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
};

/**
 * Keeps the tokens in memory, reading them again and again: `issuewire token` writes them beside a running gateway.
 * @throws what `list` throws at first.
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
  /** One reading at a time, which everybody waits for. False where it failed. */
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
      // A list that is under way may be of before the token was made.
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

/** A token never changes while it is there. */
function hold(token: Token): Held {
  const revoked = new AbortController();
  return { known: { token, revoked: revoked.signal }, revoke: () => revoked.abort() };
}
