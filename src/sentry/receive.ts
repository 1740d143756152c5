import { hash } from "node:crypto";
import type { DeliveryOutcome, IncomingDelivery } from "../domain/delivery.ts";
import { OverloadedError, StorageUnavailableError } from "../domain/failure.ts";
import { nodeId } from "../domain/node-id.ts";
import type { Report } from "../observability/report.ts";
import { isBearerOf } from "./bearer.ts";
import { valueOf, valuesOf } from "./headers.ts";
import { createParsePool, type ParsePool } from "./parse-pool.ts";
import { readPayload, type Payload } from "./payload.ts";
import { sentAtOf } from "./sent-at.ts";
import { isSignedBy } from "./signature.ts";

/** The answer to the sender. */
export type Answer =
  /** It is on disk. `delivery` is its node id. */
  | { readonly status: 202; readonly outcome: DeliveryOutcome; readonly delivery: string }
  /** It cannot be verified as Sentry's, and is not kept. */
  | { readonly status: 401; readonly code: "SIGNATURE_MISSING" | "SIGNATURE_INVALID" | "UNAUTHENTICATED" }
  /** It is Sentry's and is not known to be on disk; sending it again is safe. */
  | { readonly status: 503; readonly code: "STORAGE_UNAVAILABLE" | "OVERLOADED" };

export type Receiver = AsyncDisposable & {
  /**
   * Answers one webhook. Never rejects, and resolves within `answerWithinMs` once the signature is right.
   *
   * `rawHeaders` are Node's: names and values in turn. `body` is as received, and must not be changed afterwards.
   */
  receive(rawHeaders: readonly string[], body: Uint8Array): Promise<Answer>;
  /** How many webhooks had no valid signature. */
  refusedSinceStart(): number;
};

export type ReceiverOptions = {
  /** Any of them may have signed. With none, everything is refused. */
  readonly secrets: readonly string[];
  /** The token that `Authorization` must carry besides the signature; null for none. */
  readonly bearer: string | null;
  /** Resolves once the delivery is on disk; rejects if it is not, or if that cannot be known. */
  readonly append: (
    delivery: IncomingDelivery,
  ) => Promise<{ readonly delivery: number; readonly outcome: DeliveryOutcome }>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly report: Report;
  /** Sentry waits for one second, network included. */
  readonly answerWithinMs?: number;
  readonly parsePool?: ParsePool;
};

/** Larger bodies go to the pool. `JSON.parse` of one this large can take 10 ms, of the largest accepted 270 ms. */
const largeBodyBytes = 128 * 1024;

/** Disposing it disposes the parse pool; bodies that are being read are answered 503. */
export function createReceiver({
  secrets,
  bearer,
  append,
  now,
  report,
  answerWithinMs = 650,
  parsePool = createParsePool({ isWarm: true }),
}: ReceiverOptions): Receiver {
  let refusedSinceStart = 0;

  function refused(code: "SIGNATURE_MISSING" | "SIGNATURE_INVALID"): Answer {
    refusedSinceStart += 1;
    return { status: 401, code };
  }

  async function keep(rawHeaders: readonly string[], body: Uint8Array, deadline: number) {
    const receivedAt = now();
    const payload =
      body.byteLength > largeBodyBytes ? await parsePool.read(body, deadline) : readPayload(body);
    const delivery = incomingDelivery({ rawHeaders, body, payload, receivedAt, report });
    return append(delivery);
  }

  return {
    async receive(rawHeaders, body) {
      const began = performance.now();
      if (bearer !== null && !isBearerOf(bearer, valuesOf(rawHeaders, "authorization"))) {
        return { status: 401, code: "UNAUTHENTICATED" };
      }
      const signatures = valuesOf(rawHeaders, "sentry-hook-signature");
      if (signatures.length === 0) return refused("SIGNATURE_MISSING");
      if (signatures.length > 1 || !isSignedBy(secrets, body, signatures[0]!)) {
        return refused("SIGNATURE_INVALID");
      }
      try {
        const kept = keep(rawHeaders, body, began + answerWithinMs);
        const { delivery, outcome } = await within(answerWithinMs, kept);
        report.deliveryKept(outcome, performance.now() - began);
        return { status: 202, outcome, delivery: nodeId("Delivery", String(delivery)) };
      } catch (error) {
        const code = error instanceof OverloadedError ? "OVERLOADED" : "STORAGE_UNAVAILABLE";
        report.deliveryNotKept(code, error);
        return { status: 503, code };
      }
    },
    refusedSinceStart: () => refusedSinceStart,
    [Symbol.asyncDispose]: () => parsePool[Symbol.asyncDispose](),
  };
}

/** The delivery to store for a signed request. */
export function incomingDelivery({
  rawHeaders,
  body,
  payload,
  receivedAt,
  report,
}: {
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  readonly payload: Payload;
  readonly receivedAt: number;
  readonly report: Pick<Report, "sentAtAdjusted">;
}): IncomingDelivery {
  const { reading, action, installationId } = payload;
  const { at: sentAt, adjusted } = sentAtOf({
    timestamp: valuesOf(rawHeaders, "sentry-hook-timestamp"),
    lastSeen: reading.is === "issue" ? reading.issue.lastSeen : null,
    receivedAt,
  });
  if (adjusted !== null) report.sentAtAdjusted(adjusted);
  return {
    body,
    sha256: hash("sha256", body),
    receivedAt,
    sentAt,
    resource: payload.resource ?? valueOf(rawHeaders, "sentry-hook-resource", /^[\w.-]{1,64}$/),
    action,
    requestId: valueOf(rawHeaders, "request-id", /^[0-9a-f-]{32,36}$/),
    idempotencyKey: valueOf(rawHeaders, "idempotency-key", /^[ -~]{1,128}$/),
    installationId,
    reading,
  };
}

/** Settles as `promised` does, or rejects if that takes longer; what it does later is ignored. */
function within<Value>(milliseconds: number, promised: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new StorageUnavailableError(`Not known to be kept after ${milliseconds} ms.`));
    }, milliseconds);
    void promised.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
