import { readFile, rename, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { print } from "graphql";
import { createClient, NetworkError } from "graphql-sse";
import { graphql, type ResultOf } from "./graphql.ts";
import { streamFetch } from "./stream-fetch.ts";

/*
 * Prints every status change of every issue, in order and at least once each, and resumes when it is started again.
 * `node src/main.ts [cursor file]`
 */

const gateway = process.env["GATEWAY"] ?? "http://localhost:4000";
const token = process.env["TOKEN"];
const file = process.argv[2] ?? "cursor.txt";
const retryMs = 1_000;

/** The errors after which a cursor cannot be resumed. */
const lostPlaces = ["CURSOR_INVALID", "CURSOR_AHEAD", "CURSOR_EXPIRED", "EPOCH_CHANGED"];

/** The errors that pass: resume after the same cursor. */
const passing = ["SLOW_CONSUMER", "SERVICE_UNAVAILABLE", "TIMEOUT", "RATE_LIMITED", "OPERATION_LIMIT"];

const newestPosition = graphql(`
  query NewestPosition {
    feed {
      cursor
    }
  }
`);

const statusTransitioned = graphql(`
  subscription StatusTransitioned($after: Cursor) {
    statusTransitioned(after: $after) {
      cursor
      transition {
        kind
        source
        occurredAt
        actor {
          name
        }
        issue {
          sentryId
          shortId
          title
        }
        event {
          supersedesAll {
            id
          }
        }
      }
    }
  }
`);

type Told = ResultOf<typeof statusTransitioned>["statusTransitioned"];

const url = `${gateway}/graphql`;
const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
const client = createClient({
  url,
  headers,
  // A retry would send the variables of the first time. The loop below subscribes after the newest cursor.
  retryAttempts: 0,
  fetchFn: streamFetch,
});

let cursor = await readFile(file, "utf8").catch(() => null);
for (;;) {
  try {
    // Saved at once: if this ends before the first change, none is missed.
    if (cursor === null) await keep((cursor = await newestCursor()));
    const events = client.iterate<ResultOf<typeof statusTransitioned>>({
      query: print(statusTransitioned),
      variables: { after: cursor },
    });
    for await (const { data, errors } of events) {
      if (errors !== undefined) throw errorOf(errors[0]!);
      if (data == null) continue;
      tell(data.statusTransitioned);
      cursor = data.statusTransitioned.cursor;
      await keep(cursor);
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = codeOf(error);
    if (code === undefined || passing.includes(code)) console.error(`Trying again: ${message}`);
    else if (lostPlaces.includes(code)) {
      console.error(`${code}: what followed ${cursor} cannot be told; going on with what comes next.`);
      cursor = null;
    } else {
      // A retry would be refused again.
      console.error(`Refused: ${message}`);
      process.exit(1);
    }
  }
  await sleep(retryMs);
}

async function newestCursor(): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ query: print(newestPosition) }),
  });
  const { data, errors } = (await response.json()) as {
    readonly data?: ResultOf<typeof newestPosition>;
    readonly errors?: readonly AnswerError[];
  };
  if (data == null) throw errorOf(errors?.[0] ?? { message: `HTTP ${response.status}` });
  return data.feed.cursor;
}

type AnswerError = { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> };

function errorOf({ message, extensions }: AnswerError): Error {
  return new Error(message, { cause: extensions?.["code"] });
}

/** The gateway's code of an error; undefined without an answer: the gateway or the network is down. */
function codeOf(error: unknown): string | undefined {
  // graphql-sse tells of a refused token only by the HTTP status.
  if (error instanceof NetworkError && error.response?.status === 401) return "UNAUTHENTICATED";
  return error instanceof Error && typeof error.cause === "string" ? error.cause : undefined;
}

function tell({ transition: { kind, source, occurredAt, actor, issue, event } }: Told): void {
  const by = actor === null ? "" : ` by ${actor.name}`;
  const inferred = source === "INFERRED" ? " (inferred)" : "";
  // A late webhook showed that an earlier entry was wrong; this one is in its place.
  const corrected = event.supersedesAll.length > 0 ? " (corrected)" : "";
  console.log(
    `${occurredAt} ${issue.shortId ?? issue.sentryId} ${kind}${inferred}${corrected}${by}: ${issue.title}`,
  );
}

/** Replaces the file in one step: the next start reads a whole cursor, the old one or the new one. */
async function keep(newest: string): Promise<void> {
  await writeFile(`${file}.new`, newest);
  await rename(`${file}.new`, file);
}
