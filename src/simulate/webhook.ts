import { sign } from "../sentry/signature.ts";
import type { Random } from "./random.ts";
import type { Announcement } from "./step.ts";

/** The kind of a webhook: one of an issue's five actions, an alert, or one that a gateway keeps and ignores. */
export type WebhookKind = Announcement["is"] | "installation";

/** `late` by seconds to hours; `repeated` is one more attempt, or the same request again. */
export type Arrival = "prompt" | "late" | "repeated";

/** A signed request, ready to be sent. */
export type Webhook = {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Null for what is not about an issue. */
  readonly issueId: string | null;
  /** When it arrives, in epoch milliseconds. */
  readonly dueAt: number;
  readonly what: WebhookKind;
  readonly arrival: Arrival;
};

/** An unsigned webhook. */
type Letter = {
  /** ASCII. */
  readonly text: string;
  readonly what: WebhookKind;
  readonly issueId: string | null;
  readonly idempotencyKey: string | null;
  readonly arrival: Arrival;
  /** Epoch milliseconds. */
  readonly sentAt: number;
};

/** Signs one attempt of Sentry's to send the letter, which has its own Request-ID and timestamp. */
export function signed(letter: Letter, secret: string, random: Random): Webhook {
  const { text, what, issueId, idempotencyKey, arrival, sentAt } = letter;
  const body = Buffer.from(text, "latin1");
  const headers = {
    "User-Agent": "sentry/26.10.0 (https://sentry.io)",
    "Accept-Encoding": "gzip, deflate",
    Accept: "*/*",
    "Content-Type": "application/json",
    "Request-ID": random.hex32(),
    "Sentry-Hook-Resource": resourceOf(what),
    "Sentry-Hook-Timestamp": `${Math.floor(sentAt / 1000)}`,
    "Sentry-Hook-Signature": sign(secret, body),
    ...(idempotencyKey === null ? {} : { "Idempotency-Key": idempotencyKey }),
  };
  return { body, headers, issueId, dueAt: sentAt, what, arrival };
}

function resourceOf(what: WebhookKind): string {
  switch (what) {
    case "created":
    case "assigned":
    case "resolved":
    case "archived":
    case "unresolved":
      return "issue";
    case "activity":
      return "activity_alert";
    case "comment":
    case "error":
    case "installation":
      return what;
  }
}
