import type { Turnstile } from "./turnstile.ts";

/** What comes on one socket: each message has its turn, and none before those that came before it. */
export type InTurn = {
  readonly add: (message: string) => void;
  /** True while something waits for its turn. */
  readonly isWaiting: () => boolean;
};

export type InTurnOptions = {
  /** One that refuses none. */
  readonly turnstile: Turnstile;
  /** Whose socket it is: all that one client has of addresses is one key. */
  readonly client: string;
  readonly take: (message: string) => void;
  /** False once the socket closes. Nothing is taken from then on. */
  readonly isOpen: () => boolean;
  /** Something has begun to wait, or nothing does any more. As long as it does, no more is to be read from the socket. */
  readonly changed: () => void;
};

export function createInTurn({ turnstile, client, take, isOpen, changed }: InTurnOptions): InTurn {
  /** As texts, which take no more of memory than they took on their way: many may have come in one piece. */
  const waiting: string[] = [];

  async function takeAll(): Promise<void> {
    while (waiting.length > 0 && isOpen()) {
      const entered = turnstile.enter(client);
      if (entered instanceof Promise) {
        changed();
        await entered;
      }
      if (isOpen()) take(waiting.shift()!);
    }
    waiting.length = 0;
    changed();
  }

  return {
    add(message) {
      waiting.push(message);
      if (waiting.length === 1) void takeAll();
    },
    isWaiting: () => waiting.length > 0,
  };
}
