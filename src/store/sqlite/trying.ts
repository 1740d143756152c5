import type { IssueFilter, TransitionFilter } from "../../domain/filter.ts";
import type { ReaderOptions } from "../queries/query.ts";
import type { Reader } from "../reader.ts";
import { openReader } from "./connection.ts";
import { readerOf } from "./queries.ts";

/**
 * How long a question is tried; webhooks wait meanwhile. A page takes a fraction of it if many issues pass its filter,
 * or if there are few.
 */
const momentMs = 2;

/** The longest filter that is tried, as JSON: a longer one may take too long for a single row. */
const mostCharacters = 500;

/**
 * `elsewhere`, but pages and questions about given issues are first tried on the calling thread, for `forMs`: most take
 * less time to read than to hand over between threads. Filters that search texts by their index are not tried, because
 * nothing can stop them.
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
  // The time counts from the newest question: an older one may go on until then. Nobody waits longer for it.
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
      // It took too long, or it failed, as it will there too.
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
