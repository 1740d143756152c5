import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import pg from "pg";

/**
 * The least that a durable receiver on PostgreSQL can do: check the signature, parse the body, and insert what waits
 * together by one statement. What a replica does beyond it is what its ratio to this shows.
 *
 * Arguments: the database's URL, secret. Prints its port.
 */

const [url, secret] = process.argv.slice(2) as [string, string];
const client = new pg.Client(url);
await client.connect();
await client.query("create table deliveries (id bigserial primary key, body bytea not null)");

const maxBatch = 128;
let waiting: { readonly body: Buffer; readonly done: () => void }[] = [];
let isDraining = false;

async function drain(): Promise<void> {
  while (waiting.length > 0) {
    const batch = waiting.slice(0, maxBatch);
    waiting = waiting.slice(maxBatch);
    await client.query("insert into deliveries (body) select unnest($1::bytea[])", [
      batch.map(({ body }) => body),
    ]);
    for (const { done } of batch) done();
  }
  isDraining = false;
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
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") console.log(address.port);
});
