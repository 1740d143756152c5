import { hash, timingSafeEqual } from "node:crypto";

/** True if exactly one `Authorization` header was sent and it carries this token, compared in constant time. */
export function isBearerOf(token: string, authorization: readonly string[]): boolean {
  const sent = authorization.length === 1 ? /^Bearer +(.*)$/i.exec(authorization[0]!)?.[1] : undefined;
  if (sent === undefined) return false;
  // Node decodes headers as latin1. Digests have equal lengths, which the comparison needs.
  return timingSafeEqual(
    hash("sha256", Buffer.from(sent, "latin1"), "buffer"),
    hash("sha256", token, "buffer"),
  );
}
