import { readFile, rename, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { print } from "graphql";
import { createClient } from "graphql-sse";
import { graphql, type ResultOf } from "./graphql.ts";
import { streamFetch } from "./stream-fetch.ts";

/*
 * Prints every change of any issue's status, and goes on where it was when it is started again: at least once each, and
 * in order. `node src/main.ts [cursor file]`
 */

const gateway = process.env["GATEWAY"] ?? "http://localhost:4000";
const token = process.env["TOKEN"];
const file = process.argv[2] ?? "cursor.txt";
const retryMs = 1_000;

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
  // It would ask with the variables of the first time; the loop below asks after the newest cursor.
  retryAttempts: 0,
  fetchFn: streamFetch,
});

let cursor = await readFile(file, "utf8").catch(() => null);
for (;;) {
  try {
    // Kept before anything is told, so that nothing is missed of what happens until the first change is.
    if (cursor === null) await keep((cursor = await newestCursor()));
    const events = client.iterate<ResultOf<typeof statusTransitioned>>({
      query: print(statusTransitioned),
      variables: { after: cursor },
    });
    for await (const { data, errors } of events) {
      if (errors !== undefined)
        throw new Error(errors[0]!.message, { cause: errors[0]!.extensions?.["code"] });
      if (data == null) continue;
      tell(data.statusTransitioned);
      cursor = data.statusTransitioned.cursor;
      await keep(cursor);
    }
  } catch (error) {
    const code = error instanceof Error ? error.cause : undefined;
    if (["CURSOR_INVALID", "CURSOR_AHEAD", "CURSOR_EXPIRED", "EPOCH_CHANGED"].includes(String(code))) {
      console.error(
        `${String(code)}: what followed ${cursor} cannot be told; going on with what comes next.`,
      );
      cursor = null;
    } else console.error(`Trying again: ${error instanceof Error ? error.message : String(error)}`);
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
    readonly errors?: readonly { readonly message: string }[];
  };
  if (data === undefined) throw new Error(errors?.[0]?.message ?? `HTTP ${response.status}`);
  return data.feed.cursor;
}

function tell({ transition: { kind, source, occurredAt, actor, issue, event } }: Told): void {
  const by = actor === null ? "" : ` by ${actor.name}`;
  const inferred = source === "INFERRED" ? " (inferred)" : "";
  // A late webhook showed it otherwise than it was told: this is in its place.
  const corrected = event.supersedesAll.length > 0 ? " (corrected)" : "";
  console.log(
    `${occurredAt} ${issue.shortId ?? issue.sentryId} ${kind}${inferred}${corrected}${by}: ${issue.title}`,
  );
}

/** In one step: what is read at the next start is a whole cursor, the old one or the new one. */
async function keep(newest: string): Promise<void> {
  await writeFile(`${file}.new`, newest);
  await rename(`${file}.new`, file);
}
