import { hash, timingSafeEqual } from "node:crypto";

/** True when exactly one `Authorization` header was sent and it carries this token. Takes the same time for any other. */
export function isBearerOf(token: string, authorization: readonly string[]): boolean {
  const sent = authorization.length === 1 ? /^Bearer +(.*)$/i.exec(authorization[0]!)?.[1] : undefined;
  if (sent === undefined) return false;
  // Node reads header bytes as latin1. Digests have one length, which is what the comparison needs.
  return timingSafeEqual(
    hash("sha256", Buffer.from(sent, "latin1"), "buffer"),
    hash("sha256", token, "buffer"),
  );
}
