import type { Turnstile } from "../limits/turnstile.ts";

/** The queue of one socket's messages: each waits for its turn, in the order in which they came. */
export type InTurn = {
  readonly add: (message: string) => void;
  /** True while a message waits for its turn. */
  readonly isWaiting: () => boolean;
};

export type InTurnOptions = {
  /** It must never refuse. */
  readonly turnstile: Turnstile;
  /** The client whose socket it is: one key for all of its addresses. */
  readonly client: string;
  readonly take: (message: string) => void;
  /** False once the socket closes. Nothing is taken from then on. */
  readonly isOpen: () => boolean;
  /** Called when a message begins to wait, and when none waits any more. In between, the socket is not to be read. */
  readonly changed: () => void;
};

export function createInTurn({ turnstile, client, take, isOpen, changed }: InTurnOptions): InTurn {
  /** As text: parsed messages take more memory, and many may arrive in one packet. */
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
