import { Agent, request } from "node:http";
import { hash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { sign } from "../../src/sentry/signature.ts";
import { parseNodeId } from "../../src/domain/node-id.ts";
import { secret } from "./secret.ts";

/** A webhook that was answered with 202. It must be found again, whatever happens to the gateway. */
export type Acknowledged = { readonly delivery: number; readonly sha256: string };

/** What a sender knows of its webhooks, kept outside the gateway. */
export type Journal = { readonly acknowledged: Acknowledged[]; readonly sent: () => number };

/**
 * Sends webhooks on several connections until the gateway is gone or the signal aborts, and records which were
 * acknowledged. Every twentieth repeats the one before it, Request-ID included.
 */
export async function sendAndJournal(
  url: string,
  {
    connections,
    signal,
    round,
    pauseMs = 0,
    onAcknowledged = () => {},
  }: {
    readonly connections: number;
    readonly signal: AbortSignal;
    readonly round: number;
    /** How long to wait between an answer and the next webhook on its connection. */
    readonly pauseMs?: number;
    /** Called with how many have been acknowledged so far. */
    readonly onAcknowledged?: (count: number) => void;
  },
): Promise<Journal> {
  const acknowledged: Acknowledged[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let sent = 0;

  async function sendOn(): Promise<void> {
    while (!signal.aborted) {
      const number = sent++;
      const body = bodyOf(round, number - (number % 20 === 19 ? 1 : 0));
      const answer = await post(url, agent, body).catch(() => null);
      if (answer === null) return;
      if (answer.status !== 202) continue;
      acknowledged.push({ delivery: answer.delivery, sha256: hash("sha256", body) });
      onAcknowledged(acknowledged.length);
      if (pauseMs > 0) await wait(pauseMs, undefined, { signal }).catch(() => {});
    }
  }
  await Promise.all(Array.from({ length: connections }, sendOn));
  agent.destroy();
  return { acknowledged, sent: () => sent };
}

/** The lives of a hundred issues in turn. Each issue is created once per round. */
function bodyOf(round: number, number: number): Buffer {
  const turn = Math.floor(number / 100);
  const [action, status, substatus] = turn === 0 ? birth : life[turn % life.length]!;
  const seen = new Date(Date.UTC(2026, 0, 1) + (round * 1_000_000 + number) * 1000).toISOString();
  const issue = {
    id: String(number % 100),
    title: "x",
    status,
    substatus,
    count: String(turn),
    lastSeen: seen,
  };
  return Buffer.from(JSON.stringify({ action, data: { issue } }));
}

const birth = ["created", "unresolved", "new"] as const;
const life = [
  ["resolved", "resolved", null],
  ["unresolved", "unresolved", "regressed"],
  ["ignored", "ignored", "archived_until_escalating"],
  ["unresolved", "unresolved", "escalating"],
] as const;

async function post(
  url: string,
  agent: Agent,
  body: Buffer,
): Promise<{ readonly status: number; readonly delivery: number }> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/json",
      "content-length": body.length,
      "request-id": hash("md5", body),
      "sentry-hook-timestamp": String(Math.floor(Date.now() / 1000)),
      "sentry-hook-signature": sign(secret, body),
    };
    const sending = request(`${url}/webhooks/sentry`, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("error", reject);
      response.on("end", () => {
        const answer =
          response.statusCode === 202 ? (JSON.parse(text) as { readonly delivery: string }) : null;
        const delivery = Number(answer === null ? NaN : parseNodeId(answer.delivery)?.id);
        resolve({ status: response.statusCode ?? 0, delivery });
      });
    });
    sending.on("error", reject);
    sending.end(body);
  });
}
