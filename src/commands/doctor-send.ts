import { hash, randomUUID } from "node:crypto";
import { urlToHttpOptions } from "node:url";
import { isLocal } from "../http/access/local.ts";
import { isWebhookPath } from "../http/webhook.ts";
import { howToRun } from "../program/how-to-run.ts";
import { errorText } from "../terminal/error-text.ts";

export type SendOptions = {
  /**
   * The public URL of the gateway, with or without the path of the webhook route. A user and password in it are sent as
   * Basic authentication if there is no bearer token, and are shown in no result.
   */
  readonly url: string;
  /** Signs a body. */
  readonly sign: (body: Uint8Array) => string;
  /** True if `sign` uses the secret that the gateway made for itself, not Sentry's. */
  readonly isOwnSecret: boolean;
  readonly bearer: string | null;
  /** Whether this store has a delivery with these bytes, by their sha256 in lower-case hex. */
  readonly arrived: (sha256: string) => Promise<boolean>;
  readonly fetch?: typeof globalThis.fetch;
};

type SendResult =
  | { readonly is: "arrived"; readonly milliseconds: number }
  | { readonly is: "wrong"; readonly problem: string; readonly remedy: string };

/** Sentry waits for one second. */
const sentryWaitsMs = 1_000;
const giveUpMs = 15_000;

/**
 * Posts a signed test delivery to the public URL, as Sentry would, and checks that it is in the store. It is about no
 * issue, so it is kept and changes nothing. Then tries to read there without a token.
 */
export async function sendTestDelivery({
  url,
  sign,
  isOwnSecret,
  bearer,
  arrived,
  fetch = globalThis.fetch,
}: SendOptions): Promise<SendResult> {
  const target = new URL(url);
  if (target.pathname === "/") target.pathname = "/webhooks/sentry";
  if (!isWebhookPath(target.pathname))
    return wrong(
      `The gateway takes no webhooks at ${target.pathname}.`,
      `Give ${target.origin}, or ${target.origin}/webhooks/sentry.`,
    );
  const { auth = null } = urlToHttpOptions(target);
  // `fetch` accepts no URL with a user or password.
  target.username = "";
  target.password = "";
  const body = Buffer.from(JSON.stringify({ action: "test", data: { doctor: randomUUID() } }));
  const startedAt = performance.now();
  let response: Response;
  try {
    response = await fetch(target, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "Request-ID": randomUUID().replaceAll("-", ""),
        "Sentry-Hook-Resource": "issue",
        "Sentry-Hook-Timestamp": String(Math.floor(Date.now() / 1000)),
        "Sentry-Hook-Signature": sign(body),
        ...authorization(bearer, auth),
      },
      body: new Uint8Array(body),
      redirect: "manual",
      signal: AbortSignal.timeout(giveUpMs),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return wrong(
      `${target.origin} cannot be reached: ${errorText(cause)}.`,
      "Check the name, the certificate and that the proxy runs.",
    );
  }
  const milliseconds = performance.now() - startedAt;
  const notTaken = faultOf(target, response, await codeOf(response));
  if (notTaken !== null) return notTaken;
  if (!(await arrived(hash("sha256", body))))
    return wrong(
      "It was answered 202, but it is not in this gateway's database.",
      "Another gateway answers at that address, or DATABASE_URL here is not that gateway's.",
    );
  if (milliseconds > sentryWaitsMs)
    return wrong(
      `It arrived, after ${Math.round(milliseconds)} ms. Sentry waits for ${sentryWaitsMs} ms, and would count it as failed.`,
      "Find out what takes so long on the way.",
    );
  if (await isOpenToAll(target, fetch))
    return wrong(
      `It arrived, but anyone may read everything through ${target.origin}: whatever forwards the requests leaves no trace by which the gateway could tell them from local ones.`,
      `Have it forward only POST /webhooks/sentry, or set TRUST_PROXY, and make a token: "${howToRun("token create --name me --scope admin")}".`,
    );
  if (isOwnSecret)
    return wrong(
      "It arrived, signed with the secret that the gateway made for itself. Sentry does not know that secret: everything it sends is refused.",
      "Before you connect Sentry, set SENTRY_CLIENT_SECRET to the Client Secret of its integration, and restart the gateway.",
    );
  return { is: "arrived", milliseconds };
}

/** What is wrong with an answer that is not 202; null for one that is. `code` is the gateway's own, if it answered. */
function faultOf(target: URL, response: Response, code: string | null): SendResult | null {
  const { status } = response;
  if (status >= 300 && status < 400)
    return wrong(
      `${target.href} answers with a redirect (${status}). Sentry does not follow it, and counts it as success: every webhook would be lost.`,
      `Give Sentry the address that it leads to: ${response.headers.get("location") ?? "unknown"}.`,
    );
  if (code === "SIGNATURE_INVALID" || code === "SIGNATURE_MISSING")
    return wrong(
      `The signature was refused (${code}).`,
      "Something on the way changes the body, or the gateway there has another SENTRY_CLIENT_SECRET.",
    );
  if (code === "UNAUTHENTICATED")
    return wrong(
      "The Authorization header was refused (UNAUTHENTICATED).",
      "The gateway there has another WEBHOOK_BEARER, or something on the way changes that header.",
    );
  if (code === null && (status === 401 || status === 403))
    return wrong(
      `The answer of ${target.href} is ${status}, and not from the gateway: something in front of it asks for a login.`,
      "Have it forward POST /webhooks/sentry without a login.",
    );
  if (status !== 202)
    return wrong(
      `${target.href} answers ${code === null ? status : `${status} (${code})`} instead of 202.`,
      status === 404 || status === 405
        ? "Have the proxy forward POST /webhooks/sentry with its path unchanged."
        : "Look into the logs of the proxy and of the gateway.",
    );
  return null;
}

/** The most characters read of an answer; problem details are a fraction of this. */
const mostRead = 10_000;

/** The code in the gateway's problem details; null if the answer is not the gateway's. */
async function codeOf({ body }: Response): Promise<string | null> {
  let text = "";
  try {
    for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? [])
      if ((text += part).length > mostRead) return null;
    const { code } = JSON.parse(text) as { readonly code?: unknown };
    return typeof code === "string" ? code : null;
  } catch {
    return null;
  }
}

/** True if anyone can read the metrics. Without a token a gateway shows them only to requests it takes for local. */
async function isOpenToAll({ origin, host }: URL, fetch: typeof globalThis.fetch): Promise<boolean> {
  if (isLocal({ headers: { host }, httpVersion: "1.1" })) return false;
  try {
    const response = await fetch(`${origin}/metrics`, {
      redirect: "manual",
      signal: AbortSignal.timeout(giveUpMs),
    });
    return response.status === 200 && (await response.text()).includes("issuewire_");
  } catch {
    return false;
  }
}

function authorization(bearer: string | null, userAndPassword: string | null): Record<string, string> {
  if (bearer !== null) return { Authorization: `Bearer ${bearer}` };
  if (userAndPassword === null) return {};
  return { Authorization: `Basic ${Buffer.from(userAndPassword).toString("base64")}` };
}

function wrong(problem: string, remedy: string): SendResult {
  return { is: "wrong", problem, remedy };
}
