import { parseConfig } from "../../src/config.ts";
import type { LogEntry } from "../../src/domain/event.ts";
import { unlimitedAdmin } from "../../src/domain/viewer.ts";
import type { LiveOperation } from "../../src/graphql/live/live-operation.ts";
import { serialised } from "../../src/graphql/serialised.ts";
import { createGraphQL, type GraphQLLimits, type GraphQLOptions } from "../../src/graphql/yoga.ts";
import { statusDetailsOf } from "../../src/sentry/status-details.ts";
import { askedBy } from "../../src/store/asked-by.ts";
import type { Reader } from "../../src/store/reader.ts";
import { now } from "./builders.ts";
import { fakeReader, type Known } from "./fake-reader.ts";

export type GraphQLAnswer<Data = unknown> = {
  readonly data: Data;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly locations?: readonly { readonly line: number; readonly column: number }[];
    readonly extensions: { readonly code: string; readonly [name: string]: unknown };
  }[];
};

const defaults = parseConfig({});

/** The limits of a gateway without settings. */
export const defaultLimits: GraphQLLimits = {
  depth: defaults.LIMIT_DEPTH,
  cost: defaults.LIMIT_COST,
  tokens: defaults.LIMIT_TOKENS,
  aliases: defaults.LIMIT_ALIASES,
  directives: defaults.LIMIT_DIRECTIVES,
  milliseconds: defaults.LIMIT_SECONDS * 1000,
  atOnce: defaults.LIMIT_AT_ONCE,
};

/** A GraphQL endpoint over a fake reader, with ways to ask it. */
export function gateway(
  known: Known = {},
  { log, ...options }: Partial<GraphQLOptions> & { readonly log?: ReturnType<typeof scriptedLog> } = {},
) {
  const reader = fakeReader(known);
  const reported: unknown[] = [];
  /** The errors with which reading the store failed. */
  const unread: unknown[] = [];
  const taken: LiveOperation[] = [];
  const yoga = createGraphQL({
    store: { reader, readTransaction: () => Promise.reject(new Error("no transaction expected")) },
    recentBounds: () => reader.bounds(),
    statusDetailsOf,
    feed: { silenceAfterMs: null, refusedSinceStart: () => 0 },
    clock: () => now,
    report: {
      resolverFailed: (error) => reported.push(error),
      readFailed: (error) => unread.push(error),
    },
    limits: defaultLimits,
    askedBy,
    graphiql: false,
    introspection: true,
    ...options,
  });

  /** Sends any request to the endpoint; `search` comes after the URL's `?`. */
  const send = async (init: RequestInit & { readonly search?: string }): Promise<Response> =>
    yoga.fetch(`http://yoga/graphql${init.search === undefined ? "" : `?${init.search}`}`, init, {
      viewer: unlimitedAdmin,
      lastEventId: null,
      take: (operation) => taken.push(operation),
    });

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    send({
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

  const ask = async <Data>(query: string, variables: object = {}): Promise<GraphQLAnswer<Data>> => {
    const response = await post({ query, variables });
    // The caller says what it expects.
    return (await response.json()) as GraphQLAnswer<Data>;
  };

  return {
    reader,
    reported,
    unread,
    /** The subscriptions that began. */
    taken,
    yoga,
    send,
    post,
    ask,

    /** Returns the data alone. If there are errors it throws them, and so fails the test. */
    data: async <Data>(query: string, variables: object = {}): Promise<Data> => {
      const { data, errors } = await ask<Data>(query, variables);
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data;
    },

    /** The code of each error. */
    codes: async (query: string, variables: object = {}): Promise<string[]> => {
      const { errors = [] } = await ask(query, variables);
      return errors.map(({ extensions }) => extensions.code);
    },

    /**
     * The events of a subscription. If it is one to entries and there is a `log`, what it tells of that; else its
     * answer's.
     */
    subscribe: async (query: string, variables: object = {}): Promise<AsyncGenerator<StreamEvent, void>> => {
      const response = await post({ query, variables }, { accept: "text/event-stream" });
      const operation = taken.at(-1);
      return operation?.is === "entries" && log !== undefined ? told(operation, log) : eventsOf(response);
    },
  };
}

async function* told(
  operation: LiveOperation & { readonly is: "entries" },
  log: ReturnType<typeof scriptedLog>,
): AsyncGenerator<StreamEvent, void> {
  for (let entry = log.next(); entry !== undefined; entry = log.next()) {
    const result = await operation.tell(entry)?.answer();
    if (result !== undefined) yield { event: "next", data: JSON.parse(serialised(result)) };
  }
}

/**
 * A store whose transactions are the reader itself until they are disposed. `opened` counts all of them, `open` those
 * not disposed yet.
 */
export function transactions(reader: Reader) {
  const counts = { open: 0, opened: 0 };
  return {
    counts,
    store: {
      reader,
      async readTransaction() {
        counts.open += 1;
        counts.opened += 1;
        const transaction = {
          ...reader,
          async [Symbol.asyncDispose]() {
            counts.open -= 1;
            for (const name of Object.keys(reader))
              Object.assign(transaction, { [name]: () => Promise.reject(new Error("It is over.")) });
          },
        };
        return transaction;
      },
    },
  };
}

/** A log that a test writes entry by entry. */
export function scriptedLog() {
  const written: LogEntry[] = [];
  return {
    write: (entry: LogEntry) => void written.push(entry),
    next: () => written.shift(),
  };
}

/** One event of an SSE stream, with its data parsed. */
export type StreamEvent = { readonly event: string; readonly data: GraphQLAnswer<never> | null };

/** The events of an SSE stream without pings. Returning the generator cancels the stream. */
async function* eventsOf(response: Response): AsyncGenerator<StreamEvent, void> {
  let text = "";
  for await (const chunk of response.body!) {
    text += Buffer.from(chunk).toString("utf8");
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const event = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: ?(.+)$/m.exec(block)?.[1];
      if (event !== undefined) yield { event, data: data === undefined ? null : JSON.parse(data) };
    }
  }
}
