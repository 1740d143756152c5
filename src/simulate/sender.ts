import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { urlToHttpOptions } from "node:url";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Webhook } from "./webhook.ts";

/** The result of one request. */
export type Answer =
  | {
      readonly is: "answered";
      readonly status: number;
      /** The `outcome` or the `code` in the answer's JSON; null if it has none. */
      readonly word: string | null;
      readonly milliseconds: number;
    }
  /** No answer. `reason` is the system's code or a few words. */
  | { readonly is: "failed"; readonly reason: string };

type Sender = Disposable & {
  /** Never rejects, and settles after `timeoutMs` of silence. Sends once: Sentry does not retry either. */
  readonly send: (webhook: Pick<Webhook, "body" | "headers">) => Promise<Answer>;
};

/** The longest that Sentry waits before it cuts off. */
const sentryCutsOffMs = 5_000;
/** Only the beginning of a longer answer is read. */
const maxAnswerChars = 4_096;

/** Sends to the webhook route of the gateway at `url`, over keep-alive connections. Disposing closes them. */
export function createSender({
  url,
  connections,
  bearer = null,
  timeoutMs = sentryCutsOffMs,
}: {
  readonly url: URL;
  /** The most connections at a time; further requests wait for one. */
  readonly connections: number;
  /** The bearer token to send; null for none. */
  readonly bearer?: string | null;
  readonly timeoutMs?: number;
}): Sender {
  const target = new URL(`${url.pathname.replace(/\/$/, "")}/webhooks/sentry`, url);
  const isTls = target.protocol === "https:";
  const settings = { keepAlive: true, maxSockets: connections };
  const agent = isTls ? new HttpsAgent(settings) : new HttpAgent(settings);
  const request = isTls ? httpsRequest : httpRequest;
  const authorization = bearer === null ? {} : { Authorization: `Bearer ${bearer}` };
  // Parsed once: `request` would do it for each webhook.
  const where = { ...urlToHttpOptions(target), method: "POST", agent, timeout: timeoutMs };

  return {
    send: ({ body, headers }) =>
      new Promise((resolve) => {
        const began = performance.now();
        const outgoing = request({
          ...where,
          headers: { ...headers, ...authorization, "Content-Length": body.length },
        });
        outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
        outgoing.on("error", (error) => resolve({ is: "failed", reason: reasonOf(error) }));
        outgoing.on("response", (incoming) => {
          let text = "";
          incoming.setEncoding("utf8");
          incoming.on("data", (piece: string) => {
            if (text.length < maxAnswerChars) text += piece;
          });
          incoming.on("error", (error) => resolve({ is: "failed", reason: reasonOf(error) }));
          incoming.on("end", () => {
            const milliseconds = performance.now() - began;
            resolve({ is: "answered", status: incoming.statusCode ?? 0, word: wordIn(text), milliseconds });
          });
        });
        outgoing.end(body);
      }),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function wordIn(text: string): string | null {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== "object" || answer === null) return null;
    if ("outcome" in answer && typeof answer.outcome === "string") return answer.outcome;
    return "code" in answer && typeof answer.code === "string" ? answer.code : null;
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
