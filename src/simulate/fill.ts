import type { DeliveryOutcome, IncomingDelivery } from "../domain/delivery.ts";
import { readPayload } from "../sentry/payload.ts";
import { incomingDelivery } from "../sentry/receive.ts";
import type { Ending } from "./run.ts";
import type { Tally } from "./tally.ts";
import type { Webhook } from "./webhook.ts";

/** A store into which a past is written directly, without a gateway. */
export type Filling = Disposable & {
  readonly append: (
    batch: readonly IncomingDelivery[],
  ) => Promise<readonly { readonly outcome: DeliveryOutcome }[]>;
  /** Puts what was appended in place; until then nothing is there. Blocks the thread for a while. */
  readonly finish: () => Promise<void>;
};

type FillOptions = {
  readonly webhooks: Iterable<Webhook>;
  readonly filling: Filling;
  readonly tally: Tally;
  /** After how many webhooks to finish; null for never. */
  readonly count: number | null;
  /** After how many milliseconds to finish; null for never. */
  readonly durationMs: number | null;
  readonly signal: AbortSignal;
  /** Called with each webhook's time, in epoch milliseconds. */
  readonly onDue: (at: number) => void;
  /** Called when all is written; finishing may still take a minute. */
  readonly onFinishing: () => void;
};

/** Webhooks in one batch. Between batches progress is shown and signals are handled. */
const batchSize = 2_000;

/** Writes the webhooks as if a gateway had received each at its time. If stopped, it keeps what is written. */
export async function fill(options: FillOptions): Promise<Ending> {
  const { webhooks, filling, tally, count, durationMs, signal, onDue, onFinishing } = options;
  const began = performance.now();
  let sent = 0;
  const iterator = webhooks[Symbol.iterator]();
  const isOver = () =>
    signal.aborted ||
    (count !== null && sent >= count) ||
    (durationMs !== null && performance.now() - began >= durationMs);
  const report = { sentAtAdjusted() {} };

  for (let isDone = false; !isDone && !isOver();) {
    const batchBegan = performance.now();
    const batch: IncomingDelivery[] = [];
    while (batch.length < batchSize && (count === null || sent < count)) {
      const next = iterator.next();
      isDone = next.done === true;
      if (next.done === true) break;
      const { body, headers, dueAt } = next.value;
      const rawHeaders = Object.entries(headers).flat();
      const payload = readPayload(body);
      batch.push(incomingDelivery({ rawHeaders, body, payload, receivedAt: dueAt, report }));
      tally.sent(next.value);
      onDue(dueAt);
      sent += 1;
    }
    const receipts = await filling.append(batch);
    const milliseconds = (performance.now() - batchBegan) / batch.length;
    for (const { outcome } of receipts)
      tally.answered({ is: "answered", status: 202, word: outcome, milliseconds });
    // Lets timers and signals run.
    await new Promise((resolve) => setImmediate(resolve));
  }
  iterator.return?.();
  onFinishing();
  await filling.finish();
  return signal.aborted ? { is: "stopped" } : { is: "finished" };
}
