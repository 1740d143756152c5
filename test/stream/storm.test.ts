import { expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { sendAndJournal } from "../process/journal.ts";
import { openRawStream } from "../process/raw-stream.ts";
import { seqsOf } from "../process/restarts.ts";
import { startTestGateway } from "../test-gateway.ts";

it("tells those who all come back at once without asking the store for each", async () => {
  let reads = 0;
  const around = (store: Store): Store => ({
    ...store,
    reader: {
      ...store.reader,
      bounds() {
        reads += 1;
        return store.reader.bounds();
      },
      entriesAfter(after, limit) {
        reads += 1;
        return store.reader.entriesAfter(after, limit);
      },
    },
  });
  await using gateway = await startTestGateway({}, undefined, { around });
  const { url } = gateway;
  const response = await fetch(`${url}/graphql?query={feed{cursor}}`);
  const { data } = (await response.json()) as {
    readonly data: { readonly feed: { readonly cursor: string } };
  };
  const stop = new AbortController();
  // Nobody follows yet, so that what they missed is not in memory either.
  await sendAndJournal(url, {
    connections: 2,
    signal: stop.signal,
    round: 0,
    onAcknowledged: (count) => count >= 100 && stop.abort(),
  });
  const missed = seqsOf(gateway.database).length;
  reads = 0;
  const begunAt = performance.now();
  const all = await Promise.all(Array.from({ length: 300 }, () => openRawStream(url, data.feed.cursor)));
  while (all.some(({ results }) => results() < missed))
    await new Promise((resolve) => setTimeout(resolve, 5));
  const seconds = (performance.now() - begunAt) / 1000;
  expect(reads).toBeLessThan(20 + 60 * seconds);
  for (const { socket } of all) socket.destroy();
});
