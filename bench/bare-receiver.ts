import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

type Waiting = { readonly body: Buffer; readonly done: () => void };

/**
 * The minimal durable receiver, whatever its storage: checks the signature, parses the body, and stores together what
 * waits together, at most `maxBatch` webhooks at once. Prints its port.
 *
 * @param keep resolves once the bodies are on disk; only then are they answered.
 */
export function startBareReceiver(
  secret: string,
  maxBatch: number,
  keep: (bodies: readonly Buffer[]) => void | Promise<void>,
): void {
  let waiting: Waiting[] = [];
  let isDraining = false;

  async function drain(): Promise<void> {
    const batch = waiting.slice(0, maxBatch);
    waiting = waiting.slice(maxBatch);
    await keep(batch.map(({ body }) => body));
    for (const { done } of batch) done();
    if (waiting.length > 0) setImmediate(() => void drain());
    else isDraining = false;
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const signature = Buffer.from(String(request.headers["sentry-hook-signature"]), "hex");
      const expected = createHmac("sha256", secret).update(body).digest();
      if (signature.length !== 32 || !timingSafeEqual(signature, expected)) {
        response.writeHead(401).end();
        return;
      }
      JSON.parse(body.toString());
      waiting.push({ body, done: () => response.writeHead(202, { "content-length": 0 }).end() });
      if (isDraining) return;
      isDraining = true;
      setImmediate(() => void drain());
    });
  });
  server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
}
