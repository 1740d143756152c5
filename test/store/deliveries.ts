import { hash } from "node:crypto";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { readPayload } from "../../src/sentry/payload.ts";

export type Told = {
  readonly action?: string;
  readonly issue?: string;
  readonly status?: string;
  readonly substatus?: string | null;
  /** Seconds after `beginning`. */
  readonly at?: number;
  /** Seconds after `beginning`; `at` by default. */
  readonly lastSeen?: number;
  readonly count?: number;
  readonly title?: string;
  readonly resolutionType?: string;
  readonly requestId?: string | null;
  readonly idempotencyKey?: string | null;
  readonly project?: { readonly id: string; readonly slug: string; readonly name: string } | null;
  readonly more?: object;
};

export const beginning = Date.UTC(2026, 9, 10, 8, 0, 0);

/** Epoch milliseconds of a moment in the tests' time. */
export const at = (seconds: number): number => beginning + seconds * 1000;

/** A webhook about an issue as Sentry would send it and intake would pass it to the store. */
export function told({
  action = "created",
  issue = "1",
  status = "unresolved",
  substatus = status === "unresolved" ? "new" : null,
  at: second = 0,
  lastSeen = second,
  count = 1,
  title = "TypeError: x is undefined",
  resolutionType,
  project = { id: "7", slug: "web", name: "Web" },
  more = {},
  ...headers
}: Told = {}): IncomingDelivery {
  const seen = new Date(at(lastSeen)).toISOString();
  return webhook(
    {
      action,
      installation: { uuid: "7c9e2b14-51f0-4a3a-9d0e-6b5b0f7e21aa" },
      data: {
        resolution_type: resolutionType,
        issue: {
          id: issue,
          shortId: `WEB-${issue}`,
          title,
          culprit: "submit(app)",
          level: "error",
          status,
          substatus,
          statusDetails: {},
          project,
          metadata: {},
          count: String(count),
          userCount: 1,
          firstSeen: new Date(beginning).toISOString(),
          lastSeen: seen,
          ...more,
        },
      },
      actor: { type: "user", id: 5, name: "Ada" },
    },
    { at: second, ...headers },
  );
}

/** Any signed body as intake would pass it to the store. */
export function webhook(
  body: unknown,
  {
    at: second = 0,
    requestId = null,
    idempotencyKey = null,
  }: Pick<Told, "at" | "requestId" | "idempotencyKey"> = {},
): IncomingDelivery {
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const { reading, resource, action, installationId } = readPayload(bytes);
  return {
    body: bytes,
    sha256: hash("sha256", bytes),
    receivedAt: at(second),
    sentAt: at(second),
    resource,
    action,
    requestId,
    idempotencyKey,
    installationId,
    reading,
  };
}
