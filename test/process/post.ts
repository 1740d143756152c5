import { sign } from "../../src/sentry/signature.ts";
import { secret } from "./secret.ts";

/** Posts a signed webhook about an issue. Returns the answer's status; 0 if there is no answer. */
export async function postIssue(url: string, issue: number, title = "x"): Promise<number> {
  const body = JSON.stringify({
    action: "created",
    data: { issue: { id: String(issue), title, status: "unresolved" } },
  });
  const headers = {
    "content-type": "application/json",
    "sentry-hook-signature": sign(secret, Buffer.from(body)),
  };
  try {
    const response = await fetch(`${url}/webhooks/sentry`, { method: "POST", headers, body });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}
