import { hash } from "node:crypto";
import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { parseNodeId } from "../../src/domain/node-id.ts";
import { sign } from "../../src/sentry/signature.ts";

/** How one webhook was answered; 0 for not at all. Times are of `performance.now()`. */
export type Answered = {
  readonly status: number;
  /** Its own id, where it was acknowledged. */
  readonly delivery: number;
  readonly sentAt: number;
  readonly answeredAt: number;
};

export type SenderOptions = {
  readonly port: number;
  readonly secret: string;
  /** Webhooks per second, whether the last ones are answered or not. */
  readonly rate: number;
  readonly issues: number;
  readonly titleOfIssue: (issue: number) => string;
  readonly signal: AbortSignal;
};

/** More are not sent before some of them are answered: the machine is too slow for the rate, which then says so. */
const mostUnderWay = 1_000;

/** Sends webhooks about the lives of so many issues, in turns, until the signal aborts; how each was answered. */
export async function send({ port, secret, rate, issues, titleOfIssue, signal }: SenderOptions) {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const answers: Answered[] = [];
  const underWay = new Set<Promise<void>>();
  const begunAt = performance.now();
  // Sentry's clock: a webhook of a life is told a second after the one before it, whenever it is sent.
  const clock = Math.floor(Date.now() / 1000) - 2_000_000;
  for (let sent = 0; !signal.aborted;) {
    const due = Math.floor(((performance.now() - begunAt) / 1000) * rate);
    for (; sent < due && underWay.size < mostUnderWay; sent += 1) {
      const turn = Math.floor(sent / issues);
      const body = bodyOf(sent % issues, turn, clock + turn, titleOfIssue);
      const one = post(port, agent, secret, body, clock + turn).then((answer) => void answers.push(answer));
      underWay.add(one);
      void one.finally(() => underWay.delete(one));
    }
    await wait(10);
  }
  await Promise.all(underWay);
  agent.destroy();
  return answers;
}

/** An issue is created once; the rest of its life goes on and on. */
const birth = ["created", "unresolved", "new"] as const;
const life = [
  ["resolved", "resolved", null],
  ["unresolved", "unresolved", "regressed"],
  ["ignored", "ignored", "archived_until_escalating"],
  ["unresolved", "unresolved", "escalating"],
] as const;

function bodyOf(issue: number, turn: number, at: number, titleOfIssue: (issue: number) => string): Buffer {
  const [action, status, substatus] = turn === 0 ? birth : life[turn % 4]!;
  return Buffer.from(
    JSON.stringify({
      action,
      data: {
        issue: {
          id: String(4_500_000 + issue),
          shortId: `SOAK-${issue.toString(36).toUpperCase()}`,
          title: titleOfIssue(issue),
          culprit: "checkout/total.ts in totalOf",
          level: "error",
          status,
          substatus,
          count: String(turn + 1),
          lastSeen: new Date(at * 1000).toISOString(),
          project: { id: String(issue % 7), slug: `project-${issue % 7}`, name: "Project" },
        },
      },
    }),
  );
}

function post(port: number, agent: Agent, secret: string, body: Buffer, at: number): Promise<Answered> {
  const sentAt = performance.now();
  const headers = {
    "content-type": "application/json",
    "content-length": body.length,
    "request-id": hash("md5", body),
    "sentry-hook-timestamp": String(at),
    "sentry-hook-signature": sign(secret, body),
  };
  return new Promise((resolve) => {
    const settle = (status: number, delivery: number) =>
      resolve({ status, delivery, sentAt, answeredAt: performance.now() });
    const sending = request(
      { port, path: "/webhooks/sentry", method: "POST", agent, headers },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("error", () => settle(0, NaN));
        response.on("end", () => {
          const kept =
            response.statusCode === 202 ? (JSON.parse(text) as { readonly delivery: string }) : null;
          settle(response.statusCode ?? 0, kept === null ? NaN : Number(parseNodeId(kept.delivery)?.id));
        });
      },
    );
    sending.on("error", () => settle(0, NaN));
    sending.setTimeout(15_000, () => sending.destroy());
    sending.end(body);
  });
}
