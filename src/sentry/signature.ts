import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * True if `signature` is the HMAC-SHA256, in lower-case hex, of exactly these bytes under one of `secrets`.
 *
 * `body` is the request body as received: parsing and printing JSON again can change it. Every secret is tried each
 * time, so the duration does not tell which one signed. An empty secret signs nothing.
 * Source: https://docs.sentry.io/integrations/integration-platform/webhooks/
 */
export function isSignedBy(secrets: readonly string[], body: Uint8Array, signature: string | null): boolean {
  // Buffer.from(…, "hex") stops at the first character that is not hex, so the text is checked first.
  if (signature === null || !/^[0-9a-f]{64}$/.test(signature)) return false;
  const given = Buffer.from(signature, "hex");
  let signed = false;
  for (const secret of secrets) {
    const own = createHmac("sha256", secret).update(body).digest();
    signed = (timingSafeEqual(given, own) && secret !== "") || signed;
  }
  return signed;
}

/** The signature that Sentry would send with this body. */
export function sign(secret: string, body: Uint8Array): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}
