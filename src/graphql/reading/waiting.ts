import { ReadTimeoutError } from "../../domain/failure.ts";
import type { Reader } from "../../store/reader.ts";

/** Whether anybody still waits for the answer of one execution. */
export type Waiting = {
  readonly isOver: () => boolean;
  /** From now on nobody waits. */
  readonly end: () => void;
  /** When the client began to wait, in milliseconds of `performance.now`. */
  readonly since: number;
  /** `Client.key`. */
  readonly client: string;
};

export type Client = {
  /** The same for all addresses of one client. All clients without a key count as one. */
  readonly key?: string;
  /** True once the client has left. */
  readonly aborted: boolean;
  /** When the client began to wait, in milliseconds of `performance.now`; by default the start of the execution. */
  readonly since?: number;
};

/** @param client undefined if it is not known who waits: then only `end` ends the waiting. */
export function createWaiting(client: Client | undefined): Waiting {
  let isOver = false;
  return {
    isOver: () => isOver || client?.aborted === true,
    end() {
      isOver = true;
    },
    since: client?.since ?? performance.now(),
    client: client?.key ?? "",
  };
}

/** `reader` for as long as somebody waits; then every method rejects with ReadTimeoutError. */
export function awaitedReader(reader: Reader, waiting: Waiting): Reader {
  // A Proxy is cheaper than wrapping each method: every request makes one, and asks two or three questions.
  return new Proxy(reader, {
    get: (target, name) => (waiting.isOver() ? refuse : target[name as keyof Reader]),
  });
}

function refuse(): Promise<never> {
  return Promise.reject(new ReadTimeoutError("Nobody waits for the answer any more."));
}
