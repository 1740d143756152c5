import { hash } from "node:crypto";
import { pastTraffic } from "../../src/simulate/traffic.ts";
import { readPayload } from "../../src/sentry/payload.ts";
import { openStoreIn } from "../store/open.ts";

const day = 86_400_000;

/** Fills a store with a month of simulated traffic and closes it. The bodies have all that Sentry sends. */
export async function fill(file: string, webhooks: number): Promise<void> {
  await using store = await openStoreIn(file, { maxWaiting: webhooks });
  const to = Date.UTC(2026, 10, 1);
  const kept: Promise<unknown>[] = [];
  for (const { body, headers, dueAt } of pastTraffic({
    seed: 5,
    secret: "x",
    issues: webhooks / 4,
    from: to - 30 * day,
    to,
  })) {
    const { reading, resource, action, installationId } = readPayload(body);
    kept.push(
      store.append({
        body,
        reading,
        resource,
        action,
        installationId,
        sha256: hash("sha256", body),
        receivedAt: dueAt,
        sentAt: Number(headers["Sentry-Hook-Timestamp"]) * 1000,
        requestId: headers["Request-ID"] ?? null,
        idempotencyKey: headers["Idempotency-Key"] ?? null,
      }),
    );
    if (kept.length === webhooks) break;
  }
  await Promise.all(kept);
}
