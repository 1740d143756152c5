import { expect, it } from "vitest";
import type { Facts } from "../../src/domain/delivery.ts";
import { deriveHistory } from "../../src/domain/history.ts";
import { agree, type State } from "../../src/domain/issue.ts";
import { readPayload } from "../../src/sentry/payload.ts";
import { pastTraffic, type Happening } from "../../src/simulate/traffic.ts";
import type { Webhook } from "../../src/simulate/webhook.ts";
import { noTrouble } from "./no-trouble.ts";

const to = Date.UTC(2026, 10, 20, 12);
const from = to - 60 * 86_400_000;

function factsOf({ body, headers }: Webhook, delivery: number): Facts | null {
  const { reading } = readPayload(body);
  if (reading.is !== "issue") return null;
  const { resolutionType: _, snapshot, ...issue } = reading.issue;
  return {
    ...issue,
    namesProject: snapshot.fields.project !== null,
    delivery,
    sentAt: Number(headers["Sentry-Hook-Timestamp"]) * 1000,
    idempotencyKey: headers["Idempotency-Key"] ?? null,
    requestId: headers["Request-ID"] ?? "",
    sha256: body.toString("hex"),
  };
}

it("is told by the gateway as it was: where each life stands, and no state that it never was in", () => {
  const lives = new Map<string, Happening[]>();
  const onStep = (step: Happening) => lives.set(step.issueId, [...(lives.get(step.issueId) ?? []), step]);
  const webhooks = [
    ...pastTraffic({ seed: 21, secret: "s", issues: 800, from, to, trouble: noTrouble, onStep }),
  ];
  const deliveries = webhooks.flatMap((webhook, index) => factsOf(webhook, index + 1) ?? []);
  const known = Map.groupBy(deliveries, (facts) => webhooks[facts.delivery - 1]!.issueId!);
  expect(known.size).toBeGreaterThan(700);

  const strays: string[] = [];
  for (const [id, facts] of known) {
    const life = lives.get(id)!;
    const told = deriveHistory(facts);
    // What happened after the last webhook left, nobody told.
    const { dueAt } = webhooks[facts.at(-1)!.delivery - 1]!;
    const last = life.findLast(({ at }) => at <= dueAt)!;
    if (!agree(told.state, last.to)) strays.push(`${id} ends ${text(told.state)}, not ${text(last.to)}`);
    const states = new Set(life.map((step) => text(step.to)));
    for (const { transition } of told.events) {
      if (transition === null || transition.to.substatus === null) continue;
      if (!states.has(text(transition.to))) strays.push(`${id} never was ${text(transition.to)}`);
    }
  }
  expect(strays).toEqual([]);
});

function text({ status, substatus }: State): string {
  return `${status}/${substatus}`;
}
