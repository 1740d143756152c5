import { useEffect, useState } from "preact/hooks";
import { AnswerError, ask } from "./ask.ts";
import { createCell, useCell, type Cell } from "./cell.ts";
import type { Connection } from "./connection.ts";
import { html } from "./html.ts";
import { keepTrying } from "./keep-trying.ts";
import { Link } from "./link.ts";
import { Notice } from "./notice.ts";
import { feedHealth, newestDeliveries, type Delivery, type Feed } from "./operations/feed.ts";
import type { Navigation, Place } from "./place.ts";
import type { TokenScope } from "./sign-in.ts";
import { Skeleton } from "./skeleton.ts";
import { durationText } from "./time-text.ts";
import { Ago } from "./time.ts";
import { titleText } from "./title-text.ts";
import { sleep } from "./until.ts";
import { countText, sentence } from "./words.ts";

type FeedState =
  | { readonly is: "loading" }
  | { readonly is: "failed"; readonly message: string }
  | {
      readonly is: "ready";
      readonly feed: Feed;
      /** Null if the reader may not see them. */
      readonly deliveries: readonly Delivery[] | null;
    };

/** No subscription tells of deliveries that change nothing, so they are polled. */
const pollMs = 3_000;

/** The health of the feed: what Sentry sends, and what became of it. */
export function FeedView({
  navigation,
  place,
  connection,
  signIn,
}: {
  readonly navigation: Navigation;
  readonly place: Place;
  readonly connection: Connection;
  readonly signIn: (scope: TokenScope) => void;
}) {
  const [state] = useState(() => createCell<FeedState>({ is: "loading" }));
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const failed = (message: string) => state.set({ is: "failed", message });
    keepTrying((succeeded) => watchFeed(state, connection, signal, succeeded), {
      connection,
      signal,
      failed,
    });
    return () => stop.abort();
  }, []);
  const shown = useCell(state);

  return html`<section class="feed" aria-labelledby="heading">
    <h1 id="heading" tabindex="-1">Feed</h1>
    ${shown.is === "loading" && html`<${Skeleton} text="Loading the feed" tall=${1} />`}
    ${shown.is === "failed" && html`<${Notice} isFailure title="The feed cannot be shown" message=${shown.message} />`}
    ${
      shown.is === "ready" &&
      html`<${Health} feed=${shown.feed} /><${Deliveries}
          deliveries=${shown.deliveries}
          navigation=${navigation}
          place=${place}
          signIn=${signIn}
        />`
    }
  </section>`;
}

async function watchFeed(
  state: Cell<FeedState>,
  connection: Connection,
  signal: AbortSignal,
  succeeded: () => void,
): Promise<void> {
  for (;;) {
    // Paused or not, the feed is read once; it then stands still while the page rests.
    if (state.get().is === "ready") await connection.awake(signal);
    const { feed } = await ask(feedHealth, {}, signal);
    const deliveries = await ask(newestDeliveries, {}, signal).then(
      (data) => data.deliveries.nodes,
      (error: unknown) => {
        if (error instanceof AnswerError && error.code === "FORBIDDEN") return null;
        throw error;
      },
    );
    state.set({ is: "ready", feed, deliveries });
    connection.state.set({ is: connection.isResting() ? "paused" : "live" });
    succeeded();
    await sleep(pollMs, signal);
  }
}

const outcomes = [
  { key: "applied", meaning: "changed the history" },
  { key: "unchanged", meaning: "nothing new in it" },
  { key: "duplicate", meaning: "the same again" },
  { key: "ignored", meaning: "not about issues" },
  { key: "quarantined", meaning: "not understood; kept" },
] as const;

function Health({ feed }: { readonly feed: Feed }) {
  const { lastDeliveryAt, isSilent, last24Hours, refusedSinceStart } = feed;
  return html`<div>
    ${
      last24Hours === null
        ? html`<p class="dim">What Sentry sends is shown only with a token for all projects.</p>`
        : html`<p class=${`verdict ${isSilent ? "bad" : lastDeliveryAt === null ? "unsure" : "good"}`}>
        <span class="dot" aria-hidden="true"></span>
        ${
          isSilent
            ? `Sentry has been silent for ${durationText(feed.silentForSeconds ?? 0)}, longer than it should be.`
            : lastDeliveryAt === null
              ? "No delivery has arrived yet."
              : html`<span>Last delivery: <${Ago} at=${lastDeliveryAt} /></span>`
        }
      </p>`
    }
    ${
      last24Hours !== null &&
      html`<h2>Last 24 hours</h2>
        <dl class="tiles">
          ${outcomes.map(
            ({ key, meaning }) =>
              html`<div class="tile" key=${key}>
                <dt>${sentence(key)}</dt>
                <dd>
                  <span class="figure">${countText(last24Hours[key])}</span>
                  <span class="dim">${meaning}</span>
                </dd>
              </div>`,
          )}
          ${
            refusedSinceStart !== null &&
            html`<div class=${`tile ${refusedSinceStart > 0 ? "warn" : ""}`}>
              <dt>Refused</dt>
              <dd>
                <span class="figure">${countText(refusedSinceStart)}</span>
                <span class="dim">no valid signature, since the start</span>
              </dd>
            </div>`
          }
        </dl>`
    }
    <dl class="facts inline">
      <div>
        <dt>Newest position</dt>
        <dd><code>${feed.cursor}</code></dd>
      </div>
      <div>
        <dt>Epoch</dt>
        <dd><code>${feed.epoch}</code></dd>
      </div>
    </dl>
  </div>`;
}

function Deliveries({
  deliveries,
  navigation,
  place,
  signIn,
}: {
  readonly deliveries: readonly Delivery[] | null;
  readonly navigation: Navigation;
  readonly place: Place;
  readonly signIn: (scope: TokenScope) => void;
}) {
  if (deliveries === null)
    return html`<p class="dim">
      Individual deliveries are shown only with an admin token for all projects.${" "}
      <button type="button" class="quiet" onClick=${() => signIn("admin")}>Sign in with one</button>
    </p>`;
  return html`<section aria-labelledby="deliveries">
    <h2 id="deliveries">Newest deliveries</h2>
    ${
      deliveries.length === 0
        ? html`<p class="dim">None yet.</p>`
        : html`<table class="list deliveries">
            <caption class="visually-hidden">
              Newest deliveries
            </caption>
            <thead>
              <tr>
                <th scope="col">Received</th>
                <th scope="col">Outcome</th>
                <th scope="col">Resource</th>
                <th scope="col">Action</th>
                <th scope="col" class="col-number col-bytes">Bytes</th>
                <th scope="col">Issue or reason</th>
              </tr>
            </thead>
            <tbody>
              ${deliveries.map(
                (delivery) =>
                  html`<${DeliveryRow}
                    key=${delivery.id}
                    delivery=${delivery}
                    navigation=${navigation}
                    place=${place}
                  />`,
              )}
            </tbody>
          </table>`
    }
  </section>`;
}

function DeliveryRow({
  delivery: { receivedAt, outcome, resource, action, bytes, reason, events },
  navigation,
  place,
}: {
  readonly delivery: Delivery;
  readonly navigation: Navigation;
  readonly place: Place;
}) {
  const issue = events[0]?.issue;
  return html`<tr>
    <td class="col-seen"><${Ago} at=${receivedAt} /></td>
    <td><span class=${`badge outcome-${outcome.toLowerCase()}`}>${sentence(outcome)}</span></td>
    <td class="col-sent">${resource ?? "—"}</td>
    <td class="col-sent">${action ?? "—"}</td>
    <td class="col-number col-bytes">${countText(bytes)}</td>
    <td class="col-about dim">
      ${
        issue !== undefined &&
        html`<${Link} class="title" dir="auto" navigation=${navigation} place=${place} to=${{ issue: issue.sentryId }}
          >${titleText(issue.title)}<//
        >`
      }
      ${reason}
    </td>
  </tr>`;
}
