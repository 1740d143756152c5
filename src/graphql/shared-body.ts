const bodies = new WeakMap<Response, Uint8Array>();

/**
 * Marks the answer's body as one that other answers may share, and returns the answer. If `body` itself is sent, it is
 * in memory once, however many slow clients there are; reading the body from an answer makes a copy.
 */
export function sharingBody(answer: Response, body: Uint8Array): Response {
  bodies.set(answer, body);
  return answer;
}

/** The body that the answer shares with others, which must not be changed; null if it has its own. */
export function sharedBodyOf(answer: Response): Uint8Array | null {
  return bodies.get(answer) ?? null;
}
