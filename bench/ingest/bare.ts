import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import Database from "better-sqlite3";

/**
 * The least that a durable receiver can do: check the signature, parse the body, and keep the raw bytes in SQLite with a
 * sync for each group. What the gateway does beyond it is what its ratio to this shows.
 *
 * Arguments: database file, secret. Prints its port.
 */

const [file, secret] = process.argv.slice(2) as [string, string];
const database = new Database(file);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec("create table deliveries (id integer primary key, body blob not null)");
const insert = database.prepare("insert into deliveries (body) values (?)");
const begin = database.prepare("begin immediate");
const commit = database.prepare("commit");

const maxBatch = 256;
let waiting: { readonly body: Buffer; readonly done: () => void }[] = [];
let isDraining = false;

function drain(): void {
  const batch = waiting.slice(0, maxBatch);
  waiting = waiting.slice(maxBatch);
  begin.run();
  for (const { body } of batch) insert.run(body);
  commit.run();
  for (const { done } of batch) done();
  if (waiting.length > 0) setImmediate(drain);
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
    if (!isDraining) {
      isDraining = true;
      setImmediate(drain);
    }
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") console.log(address.port);
});
