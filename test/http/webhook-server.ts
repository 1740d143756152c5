import type { ServerOptions, Server } from "node:http";
import type { DeliveryOutcome, IncomingDelivery } from "../../src/domain/delivery.ts";
import { createHttpServer } from "../../src/http/http-server.ts";
import { sendProblem } from "../../src/http/problem.ts";
import {
  countTimedOut,
  createWebhookHandler,
  isWebhookPath,
  type WebhookOptions,
} from "../../src/http/webhook.ts";
import { createParsePool } from "../../src/sentry/parse-pool.ts";
import { createReceiver, type Receiver, type ReceiverOptions } from "../../src/sentry/receive.ts";
import { sign } from "../../src/sentry/signature.ts";
import { recordedReport } from "../sentry/recorded-report.ts";
import { listening } from "./wire.ts";

export const secret = "a secret of the tests";
export const now = Date.UTC(2026, 9, 1, 10, 0, 10);

export type WebhookServer = AsyncDisposable & {
  readonly port: number;
  readonly server: Server;
  readonly receiver: Receiver;
  /** Every delivery that was kept. */
  readonly kept: IncomingDelivery[];
  /** What was reported. */
  readonly told: unknown[][];
  /** What the handler threw. */
  readonly failed: unknown[];
};

/** Serves the webhook route on a local port, with a list as its store. */
export async function webhookServer({
  receive = {},
  webhook = {},
  server: options = {},
}: {
  readonly receive?: Partial<ReceiverOptions>;
  readonly webhook?: Partial<WebhookOptions>;
  readonly server?: ServerOptions;
} = {}): Promise<WebhookServer> {
  const kept: IncomingDelivery[] = [];
  const failed: unknown[] = [];
  const { report, told } = recordedReport();
  const receiver = createReceiver({
    secrets: [secret],
    bearer: null,
    append: async (delivery) => ({ outcome: outcomeOf(delivery, kept), delivery: kept.push(delivery) }),
    now: () => now,
    report,
    // No test waits for this deadline, and none is to fail because the machine is busy.
    answerWithinMs: 20_000,
    parsePool: createParsePool(),
    ...receive,
  });
  const handler = createWebhookHandler({
    receiver,
    report,
    maxBytes: 2 * 1024 * 1024,
    clientOf: ({ socket }) => socket.remoteAddress!,
    ...webhook,
  });
  const server = createHttpServer({
    handler: (request, response) =>
      isWebhookPath(request.url ?? "")
        ? handler(request, response)
        : sendProblem(response, { status: 404, code: "NOT_FOUND", detail: "Nothing is here." }),
    failed: (error) => failed.push(error),
    timedOut: countTimedOut(report),
    options,
  });
  const opened = await listening(server);
  return {
    port: opened.port,
    server,
    receiver,
    kept,
    told,
    failed,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await receiver[Symbol.asyncDispose]();
    },
  };
}

/** The outcome that the simplest store would give. */
function outcomeOf({ reading, ...delivery }: IncomingDelivery, kept: IncomingDelivery[]): DeliveryOutcome {
  if (reading.is === "ignored") return "IGNORED";
  if (reading.is === "quarantined") return "QUARANTINED";
  return kept.some((earlier) => earlier.sha256 === delivery.sha256) ? "DUPLICATE" : "APPLIED";
}

/** The headers that Sentry sends with this body; a header given as undefined is left out. */
export function signed(
  body: Uint8Array,
  headers: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): Record<string, string | string[]> {
  const all: Readonly<Record<string, string | readonly string[] | undefined>> = {
    "Content-Type": "application/json",
    "Content-Length": String(body.length),
    "Request-ID": "fa64356e2a34088bc95ab8ea6c9b7e6f",
    "Sentry-Hook-Resource": "issue",
    "Sentry-Hook-Timestamp": String(now / 1000 - 2),
    "Sentry-Hook-Signature": sign(secret, body),
    "Idempotency-Key": "94aedd4f54eb84f20c83d380d6050d66",
    ...headers,
  };
  return Object.fromEntries(Object.entries(all).filter((entry) => entry[1] !== undefined)) as Record<
    string,
    string | string[]
  >;
}
