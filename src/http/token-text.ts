import { hash, randomBytes } from "node:crypto";

/** Tells a token of ours from a JWT, and a secret scanner what it has found. */
const prefix = "iw_";

/** A new token's text: 256 random bits, shown once and never kept. */
export function newTokenText(): string {
  return prefix + randomBytes(32).toString("base64url");
}

/** True for what may be a token's text; all else need not be looked up. */
export function isTokenText(text: string): boolean {
  return /^iw_[A-Za-z0-9_-]{43}$/.test(text);
}

/** What is kept of a token. It has 256 random bits, so no salt and no slow hash would make it harder to find. */
export function tokenHash(text: string): string {
  return hash("sha256", text);
}
