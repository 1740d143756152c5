import { ReadTimeoutError } from "../domain/failure.ts";
import type { Reader } from "../store/reader.ts";

/** Whether anybody still waits for the answer of one execution. */
export type Waiting = {
  readonly isOver: () => boolean;
  /** Nobody does any more. */
  readonly end: () => void;
};

/** Whether the client that asked has left. */
export type Client = { readonly aborted: boolean };

/** @param client undefined where nobody can tell. */
export function createWaiting(client: Client | undefined): Waiting {
  let isOver = false;
  return {
    isOver: () => isOver || client?.aborted === true,
    end() {
      isOver = true;
    },
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
