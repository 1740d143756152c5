import { counted } from "../terminal/counted-noun.ts";
import { durationText } from "./duration.ts";
import type { Counts } from "./tally.ts";
import type { WebhookKind } from "./webhook.ts";

type SummaryOptions = {
  readonly counts: Counts;
  readonly elapsedMs: number;
  /** The command line that repeats the run. */
  readonly repeat: string;
  /** The gateway's URL, without a trailing slash. */
  readonly url: string;
};

/** The order in which kinds are listed. */
const kinds: readonly WebhookKind[] = [
  "created",
  "assigned",
  "resolved",
  "unresolved",
  "archived",
  "activity",
  "comment",
  "error",
  "installation",
];

/** Several lines: what was sent and answered, how to repeat it and where to look. */
export function summaryOf({ counts, elapsedMs, repeat, url }: SummaryOptions): string {
  const { sent, issues, byKind, byArrival, lost, slow, byAnswer, latency } = counts;
  const perSecond = elapsedMs > 0 ? (sent / elapsedMs) * 1000 : 0;
  const byCount = [...byAnswer].toSorted(([, one], [, other]) => other - one);
  const ms = (value: number | null): string => (value === null ? "–" : `${value.toFixed(1)} ms`);
  return [
    `Sent ${counted(sent, "webhook")} about ${counted(issues, "issue")} in ${durationText(elapsedMs)} (${perSecond.toFixed(1)}/s)`,
    listed(kinds.flatMap((kind) => (byKind.has(kind) ? [`${kind} ${number(byKind.get(kind))}`] : []))),
    `  duplicates ${number(byArrival.get("repeated"))} · late ${number(byArrival.get("late"))}, both counted above` +
      ` · lost on purpose ${number(lost)}`,
    "Answered",
    listed(byCount.map(([answer, times]) => `${answer} ${number(times)}`)),
    `  p50 ${ms(latency.percentile(0.5))} · p99 ${ms(latency.percentile(0.99))} · max ${ms(latency.max)}`,
    ...(slow === 0 ? [] : [`  ${number(slow)} took longer than the second that Sentry waits`]),
    "",
    "The same again:",
    `  ${repeat}`,
    `Have a look, at ${url}/graphql:`,
    "  {",
    "    issues(first: 10) { totalCount nodes { shortId title status substatus } }",
    "    transitions(first: 10) { nodes { occurredAt kind source issue { shortId title } } }",
    "  }",
  ].join("\n");
}

function listed(parts: readonly string[]): string {
  return `  ${parts.length === 0 ? "nothing" : parts.join(" · ")}`;
}

function number(count = 0): string {
  return count.toLocaleString("en");
}
