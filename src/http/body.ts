import type { IncomingMessage, ServerResponse } from "node:http";

/** What became of a request's body. Dispose it once the request is answered: until then its bytes count as held. */
export type RequestBody = Disposable &
  (
    | { readonly is: "read"; readonly bytes: Buffer }
    /** The rest is not read: the answer must close the connection. */
    | { readonly is: "too large" }
    /** The same, because other bodies leave no room for it now. */
    | { readonly is: "no room" }
    /** The client has left, and gets no answer. */
    | { readonly is: "gone" }
  );

/** A bound on the bytes that all bodies together may take in memory. */
export type BodyRoom = {
  /** Counts so many more bytes; false if there is no room for them. */
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

/** Bytes of each body that are not counted, so that large bodies never keep out ordinary ones. */
const alwaysRoomBytes = 16 * 1024;

/**
 * Reads a request's body, at most `maxBytes` of it.
 *
 * Sends `100 Continue` if the client waits for it, so a refusal by the headers must come before. The memory taken grows
 * with what has arrived, not with what `Content-Length` promises.
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

  /** Null once resolved. The listeners stay, because removing them costs as much as reading most bodies. */
  let answer: PromiseWithResolvers<RequestBody> | null = Promise.withResolvers<RequestBody>();
  let held: Buffer = nothing;
  let length = 0;
  let taken = 0;

  /** Makes `held` large enough for `needed` bytes; false if there is no room for that. */
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
  /** Resolves, and lets go of the promise and the body: the listeners would hold them as long as a response streams. */
  function give(body: RequestBody): void {
    answer?.resolve(body);
    answer = null;
    held = nothing;
  }

  request.on("data", onData).on("end", onEnd).on("close", onClose);
  // Handled on `close`, which follows; without a listener it would be thrown. It stays for errors after the body, too.
  request.on("error", ignore);
  return answer.promise;
}

/** `Content-Length`, which Node's parser has checked; 0 without a body, null if the body is chunked. */
export function declaredLength(request: IncomingMessage): number | null {
  const length = request.headers["content-length"];
  if (length !== undefined) return Number(length);
  return request.headers["transfer-encoding"] === undefined ? 0 : null;
}

/** True if the client waits for `100 Continue` before it sends its body. The rule is Node's own. */
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

/** Not a closure in `requestBody`: it would hold the body as long as the response streams. */
function ignore(): void {}
