import { hash, randomBytes } from "node:crypto";

/** Tells our tokens from JWTs, and lets secret scanners recognise them. */
const prefix = "iw_";

/** A new token's text: 256 random bits, shown once and never kept. */
export function newTokenText(): string {
  return prefix + randomBytes(32).toString("base64url");
}

/** True if a text has the form of a token; any other need not be looked up. */
export function isTokenText(text: string): boolean {
  return /^iw_[A-Za-z0-9_-]{43}$/.test(text);
}

/** The hash that is stored for a token. With 256 random bits, no salt and no slow hash would make it harder to find. */
export function tokenHash(text: string): string {
  return hash("sha256", text);
}
