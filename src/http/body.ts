import type { IncomingMessage, ServerResponse } from "node:http";

/** What became of a request's body. Dispose it when the request is answered: until then its bytes count as held. */
export type RequestBody = Disposable &
  (
    | { readonly is: "read"; readonly bytes: Buffer }
    /** The rest is not read any more: the answer has to end the connection. */
    | { readonly is: "too large" }
    /** As too large, but other bodies leave no room for it now. */
    | { readonly is: "no room" }
    /** The client is, and hears no answer. */
    | { readonly is: "gone" }
  );

/** How much of all bodies together may be in memory, in bytes. */
export type BodyRoom = {
  /** False when there is no room for so much more. */
  readonly take: (bytes: number) => boolean;
  readonly give: (bytes: number) => void;
};

/** Without such a bound, a few thousand connections that each send most of a legal body would fill the memory. */
export function createBodyRoom(maxBytes: number): BodyRoom {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > maxBytes) return false;
      taken += bytes;
      return true;
    },
    give(bytes) {
      taken -= bytes;
    },
  };
}

/** Ordinary bodies are smaller, and never find the room taken by larger ones. */
const alwaysRoomBytes = 16 * 1024;

/**
 * Reads a request's body, at most `maxBytes` of it.
 *
 * A client that waits for `100 Continue` is sent it here: whatever refuses a request by its headers does so before. What
 * is in memory grows with what has arrived, not with what `Content-Length` promises.
 */
export function requestBody(
  request: IncomingMessage,
  response: ServerResponse,
  { maxBytes, room }: { readonly maxBytes: number; readonly room: BodyRoom },
): Promise<RequestBody> {
  const declared = declaredLength(request);
  if (declared !== null && declared > maxBytes) return Promise.resolve(unread("too large"));
  if (request.destroyed) return Promise.resolve(unread("gone"));
  if (awaitsContinue(request)) response.writeContinue();

  /** Null once it is given. The listeners stay, because to take them away costs as much as to read most bodies. */
  let answer: PromiseWithResolvers<RequestBody> | null = Promise.withResolvers<RequestBody>();
  let held: Buffer = nothing;
  let length = 0;
  let taken = 0;

  /** False when there is no room for a larger one. */
  function enlarge(needed: number): boolean {
    const capacity = Math.min(declared ?? maxBytes, Math.max(needed, held.length * 2, alwaysRoomBytes));
    const more = Math.max(0, capacity - alwaysRoomBytes) - taken;
    if (!room.take(more)) return false;
    taken += more;
    const larger = Buffer.allocUnsafeSlow(capacity);
    held.copy(larger, 0, 0, length);
    held = larger;
    return true;
  }

  function onData(chunk: Buffer): void {
    const needed = length + chunk.length;
    if (needed > maxBytes) return leave("too large");
    if (chunk.length === declared) {
      // Most bodies arrive in one piece, which needs no copy.
      held = chunk;
    } else {
      if (needed > held.length && !enlarge(needed)) return leave("no room");
      chunk.copy(held, length);
    }
    length = needed;
  }
  function onEnd(): void {
    const bytes = held.subarray(0, length);
    give({ is: "read", bytes, [Symbol.dispose]: () => room.give(taken) });
  }
  function onClose(): void {
    if (answer !== null) leave("gone");
  }
  function leave(is: "too large" | "no room" | "gone"): void {
    request.off("data", onData).pause();
    room.give(taken);
    give(unread(is));
  }
  /** Holds nothing of the body from then on: a listener's promise would hold it as long as a stream of answers lasts. */
  function give(body: RequestBody): void {
    answer?.resolve(body);
    answer = null;
    held = nothing;
  }

  request.on("data", onData).on("end", onEnd).on("close", onClose);
  // What `close` follows. Without a listener it would be thrown; it stays for what comes after the body, too.
  request.on("error", ignore);
  return answer.promise;
}

/** `Content-Length`, which node's parser has checked; null where the body is chunked. */
export function declaredLength(request: IncomingMessage): number | null {
  const length = request.headers["content-length"];
  if (length !== undefined) return Number(length);
  return request.headers["transfer-encoding"] === undefined ? 0 : null;
}

/** True when the client holds its body back until it is told to go on. The rule is node's own. */
function awaitsContinue(request: IncomingMessage): boolean {
  const { expect } = request.headers;
  return (
    request.httpVersion === "1.1" && expect !== undefined && /(?:^|\W)100-continue(?:$|\W)/i.test(expect)
  );
}

function unread<Is extends "too large" | "no room" | "gone">(is: Is) {
  return { is, [Symbol.dispose]: () => {} };
}

const nothing = Buffer.alloc(0);

/** No function of `requestBody`'s own: that would hold the body as long as the response lasts, and a stream's lasts. */
function ignore(): void {}
