import { ReadTimeoutError } from "../domain/failure.ts";
import type { Reader } from "../store/reader.ts";

/** Whether anybody still waits for the answer of one execution. */
export type Waiting = {
  readonly isOver: () => boolean;
  /** Nobody does any more. */
  readonly end: () => void;
  /** Since when somebody does, in milliseconds of `performance.now`. */
  readonly since: number;
  /** `Client.key`. */
  readonly client: string;
};

export type Client = {
  /** All that it has of addresses is one key; those that are of none are of one together. */
  readonly key?: string;
  /** Whether it has left. */
  readonly aborted: boolean;
  /** When it began to wait, in milliseconds of `performance.now`; where that is left out, when it is executed. */
  readonly since?: number;
};

/** @param client undefined where nobody can tell. */
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

/** `reader`, for as long as somebody waits; from then on it refuses every question. */
export function awaitedReader(reader: Reader, waiting: Waiting): Reader {
  // Not a copy with each method wrapped: every request makes one of these, and asks two or three questions.
  return new Proxy(reader, {
    get: (target, name) => (waiting.isOver() ? refuse : target[name as keyof Reader]),
  });
}

function refuse(): Promise<never> {
  return Promise.reject(new ReadTimeoutError("Nobody waits for the answer any more."));
}
