import type { IssueFilter, TransitionFilter } from "../../domain/filter.ts";
import type { ReaderOptions } from "../queries/query.ts";
import type { Reader } from "../reader.ts";
import { openReader } from "./connection.ts";
import { readerOf } from "./queries.ts";

/** A page takes a fraction of it, where many issues pass its filter or there are few; webhooks wait meanwhile. */
const momentMs = 2;

/** Of a filter as JSON: what a longer one asks of a single row may take a moment itself. */
const mostCharacters = 500;

/**
 * `elsewhere`, whose pages, and what it is asked about some issues, are tried on the calling thread for a moment before they
 * are asked for there: most take less time to be read than to be handed over by a thread. Not those of a filter that looks
 * into texts by their index, which nothing can stop.
 *
 * Disposing closes the connection that they are tried on.
 */
export function openTrying(
  file: string,
  elsewhere: Reader,
  options: ReaderOptions,
  forMs = momentMs,
): Disposable & { readonly reader: Reader } {
  let begunAt = 0;
  // One may go on until the newest has had its moment: that is the longest that anybody waits for it.
  const connection = openReader(file, () => performance.now() - begunAt > forMs);
  const here = readerOf(connection, options);

  async function tried<Found>(
    filter: IssueFilter | TransitionFilter,
    ask: (reader: Reader) => Promise<Found>,
  ): Promise<Found> {
    if (!mayBeQuick(filter)) return ask(elsewhere);
    begunAt = performance.now();
    try {
      return await ask(here);
    } catch {
      // It took too long; or it failed, which it does there as well.
      return ask(elsewhere);
    }
  }

  return {
    reader: {
      ...elsewhere,
      issuePage: (request) => tried(request.filter, (reader) => reader.issuePage(request)),
      transitionPage: (request) => tried(request.filter, (reader) => reader.transitionPage(request)),
      eventPages: (ids, request) => tried({}, (reader) => reader.eventPages(ids, request)),
      eventCounts: (ids, request) => tried({}, (reader) => reader.eventCounts(ids, request)),
      transitionPagesOf: (ids, request) =>
        tried(request.filter, (reader) => reader.transitionPagesOf(ids, request)),
      transitionCountsOf: (ids, request) =>
        tried(request.filter, (reader) => reader.transitionCountsOf(ids, request)),
      transitionsOf: (ids) => tried({}, (reader) => reader.transitionsOf(ids)),
      transitionedBefore: (seqs) => tried({}, (reader) => reader.transitionedBefore(seqs)),
    },
    [Symbol.dispose]: () => void connection.client.close(),
  };
}

function mayBeQuick(filter: IssueFilter | TransitionFilter): boolean {
  const text = JSON.stringify(filter);
  return text.length <= mostCharacters && !text.includes('"search"');
}
