const bodies = new WeakMap<Response, Uint8Array>();

/**
 * The answer, which has this body, as others may have. Sent as it is, it is in memory once, however many clients take it
 * slowly; what is read of an answer itself is a copy.
 */
export function sharingBody(answer: Response, body: Uint8Array): Response {
  bodies.set(answer, body);
  return answer;
}

/** The body that the answer shares with others, to be sent and not written to; null for one that has its own. */
export function sharedBodyOf(answer: Response): Uint8Array | null {
  return bodies.get(answer) ?? null;
}
