import { setTimeout as delay } from "node:timers/promises";
import type { Answer } from "./sender.ts";
import type { Tally } from "./tally.ts";
import type { Webhook } from "./webhook.ts";

/** A monotonic clock, in milliseconds. */
export type Clock = {
  readonly now: () => number;
  /** Resolves after so long, or as soon as the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    delay(ms, undefined, { signal }).catch(() => {
      // Aborted: the caller wants to be woken then.
    }),
};

export type Ending =
  /** Everything was sent. */
  | { readonly is: "finished" }
  /** The signal aborted. */
  | { readonly is: "stopped" }
  /** There is no answer, or none any more. */
  | { readonly is: "unreachable"; readonly reason: string }
  /** The gateway refuses the signature or the token. `code` is that of the answer; null if it has none. */
  | { readonly is: "refused"; readonly code: string | null }
  /** Something answers, but nothing there takes webhooks. */
  | { readonly is: "misdirected"; readonly status: number };

export type RunOptions = {
  readonly webhooks: Iterable<Webhook>;
  /** Must not reject. */
  readonly send: (webhook: Webhook) => Promise<Answer>;
  readonly tally: Tally;
  /** Webhooks a second; null for as fast as they are answered. */
  readonly rate: number | null;
  /** The most requests in flight. When there are so many, the next one waits. */
  readonly concurrency: number;
  /** After how many webhooks to finish; null for never. */
  readonly count: number | null;
  /** After how many milliseconds to finish; null for never. */
  readonly durationMs: number | null;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
};

/** A run that fell behind its rate catches up on at most so much of it at once. */
const catchUpMs = 1_000;
/** After so many failed requests in a row the gateway counts as gone. */
const mostFailuresInARow = 50;

/** The statuses with which a gateway never answers a webhook. */
const isNoWebhookRoute = (status: number): boolean =>
  (status >= 300 && status < 400) || status === 404 || status === 405;

/**
 * Sends the webhooks in order and counts them in the tally. Takes each one from `webhooks` when it is sent, not before.
 * Resolves once every request is answered or has failed.
 */
export async function run({
  webhooks,
  send,
  tally,
  rate,
  concurrency,
  count,
  durationMs,
  signal,
  clock = systemClock,
}: RunOptions): Promise<Ending> {
  const halt = new AbortController();
  const stopped = AbortSignal.any([signal, halt.signal]);
  const inFlight = new Set<Promise<void>>();
  const began = clock.now();
  let ending: Ending | null = null;
  let everAnswered = false;
  let failuresInARow = 0;
  let sent = 0;
  let due = began;

  const end = (how: Ending): void => {
    ending ??= how;
    halt.abort();
  };

  const deliver = async (webhook: Webhook): Promise<void> => {
    const answer = await send(webhook);
    tally.answered(answer);
    switch (answer.is) {
      case "failed":
        failuresInARow++;
        if (!everAnswered || failuresInARow >= mostFailuresInARow) {
          end({ is: "unreachable", reason: answer.reason });
        }
        return;
      case "answered":
        everAnswered = true;
        failuresInARow = 0;
        if (answer.status === 401) end({ is: "refused", code: answer.word });
        if (isNoWebhookRoute(answer.status)) end({ is: "misdirected", status: answer.status });
        return;
    }
  };

  const pace = async (interval: number): Promise<void> => {
    due = Math.max(due, clock.now() - catchUpMs);
    const wait = due - clock.now();
    if (wait > 0) await clock.sleep(wait, stopped);
    due += interval;
  };

  const isOver = (): boolean =>
    (count !== null && sent >= count) || (durationMs !== null && clock.now() - began >= durationMs);

  const iterator = webhooks[Symbol.iterator]();
  while (!isOver()) {
    if (rate !== null) await pace(1000 / rate);
    while (inFlight.size >= concurrency) await Promise.race(inFlight);
    if (stopped.aborted || isOver()) break;
    const next = iterator.next();
    if (next.done === true) break;
    sent++;
    tally.sent(next.value);
    const delivery = deliver(next.value).finally(() => inFlight.delete(delivery));
    inFlight.add(delivery);
  }
  iterator.return?.();
  await Promise.all(inFlight);
  return ending ?? (signal.aborted ? { is: "stopped" } : { is: "finished" });
}
