/**
 * What is wrong with a request to the webhook route, and what to do, by its `code` in the answer. Its sender and the log
 * are told the same, so a sentence says no more than its code does.
 */
export const refusals = {
  METHOD_NOT_ALLOWED: "Webhooks are sent by POST.",
  PAYLOAD_TOO_LARGE:
    "The body is larger than WEBHOOK_MAX_BYTES: raise that (to at most 4194304) to accept it.",
  UNSUPPORTED_ENCODING: "The body is compressed: send it as it was signed, without Content-Encoding.",
  UNSUPPORTED_MEDIA_TYPE: "The body is not declared as JSON: send it with Content-Type: application/json.",
  SIGNATURE_MISSING:
    "The Sentry-Hook-Signature header is missing, so no Sentry integration sent this: make an internal integration, and give it the webhook URL.",
  SIGNATURE_INVALID:
    "The webhook is not signed with SENTRY_CLIENT_SECRET: set that to the Client Secret of the integration that sends it, and restart. If the secret is right, a proxy changes the body.",
  UNAUTHENTICATED:
    "WEBHOOK_BEARER is set, and the request does not carry it: write Authorization: Bearer and its value into the Webhook Headers of the integration, or unset it.",
  REQUEST_TIMEOUT: "The request did not arrive completely in time: find out what slows it down on the way.",
  OVERLOADED: "Too many large webhooks arrived at once: send it again.",
  RATE_LIMITED:
    "This address has sent too many requests with a wrong signature or bearer token: correct them, and wait.",
} as const;
export type RefusalCode = keyof typeof refusals;
