import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { AnswerError, ask, isAbort, messageOf } from "./ask.ts";
import { useCell } from "./cell.ts";
import { present } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { CopyButton } from "./copy-button.ts";
import { focusHeading, useLostFocus } from "./focus.ts";
import { html } from "./html.ts";
import { openIssueDetail } from "./issue-detail.ts";
import { Link } from "./link.ts";
import { Notice } from "./notice.ts";
import { issueRaw, type IssueDetail, type IssueEvent, type Span } from "./operations/issue.ts";
import type { Navigation, Place } from "./place.ts";
import type { TokenScope } from "./sign-in.ts";
import { Skeleton } from "./skeleton.ts";
import { StateBadge } from "./state-badge.ts";
import { clockText, durationText, momentText } from "./time-text.ts";
import { Ago, Lasting, TimesHeading, usePresent } from "./time.ts";
import { tabText, titleText } from "./title-text.ts";
import {
  actorText,
  assigneeText,
  countText,
  eventText,
  levelText,
  reasons,
  sentence,
  stateText,
  toneOf,
  type Tone,
} from "./words.ts";

/** One issue: what it is, every state it was in, and what happened to it. */
export function IssueView({
  navigation,
  place,
  sentryId,
  connection,
  signIn,
}: {
  readonly navigation: Navigation;
  readonly place: Place;
  readonly sentryId: string;
  readonly connection: Connection;
  readonly signIn: (scope: TokenScope) => void;
}) {
  const detail = useMemo(() => openIssueDetail(sentryId, connection), [sentryId]);
  useEffect(() => () => detail[Symbol.dispose](), [detail]);
  const state = useCell(detail.state);
  const isReady = state.is === "ready";
  const name = isReady ? tabText(state.issue) : `Issue ${sentryId}`;
  useEffect(() => {
    document.title = `${name} · Issuewire`;
  }, [name]);
  useLayoutEffect(() => {
    if (!isReady) return;
    // At the top, however far down the list was and however long the title is.
    window.scrollTo({ top: 0 });
    focusHeading();
  }, [isReady]);

  const back = html`<${Link} class="back" navigation=${navigation} place=${place} to=${{ issue: null }}>
    ← ${sentence(place.view)}
  <//>`;
  switch (state.is) {
    case "loading":
      return html`<section>
        ${back}
        <${Skeleton} text="Loading the issue" tall=${1} rows=${2} />
      </section>`;
    case "unknown":
      return html`<section>
        ${back}
        <${Notice}
          heading="h1"
          title="No such issue"
          message=${`The gateway has not heard of an issue ${sentryId}, or you may not see it.`}
        />
      </section>`;
    case "failed":
      return html`<section>
        ${back}
        <${Notice} isFailure heading="h1" title="The issue cannot be shown" message=${state.message} />
      </section>`;
    case "ready":
      return html`<article class="issue" aria-labelledby="heading">
        ${back}
        <${Head} issue=${state.issue} />
        ${
          state.spans === null
            ? html`<p class="explain">
                Its status has changed too often to draw every state. The history below lists each change.
              </p>`
            : html`<${Ribbon} spans=${state.spans} />`
        }
        <div class="columns">
          <${Timeline}
            issue=${state.issue}
            events=${state.events}
            readEarlier=${state.earlierCursor === null ? null : detail.readEarlier}
          />
          <${Facts} issue=${state.issue} />
        </div>
        <${Raw} issue=${state.issue} signIn=${signIn} />
      </article>`;
  }
}

function Head({ issue }: { readonly issue: IssueDetail }) {
  return html`<header class=${`issue-head level-${issue.level.toLowerCase()}`}>
    <h1 id="heading" tabindex="-1" dir="auto" title=${titleText(issue.title)}>${titleText(issue.title)}</h1>
    ${issue.culprit !== null && issue.culprit !== "" && html`<p class="culprit" dir="auto">${issue.culprit}</p>`}
    <p class="standing">
      <${StateBadge} state=${issue} />
      <span>for <${Lasting} since=${issue.statusSince} /></span>
      ${issue.shortId !== null && html`<span class="short-id">${issue.shortId}</span>`}
      ${
        issue.webUrl !== null &&
        html`<a href=${issue.webUrl} target="_blank" rel="noreferrer"
          >Open in Sentry<span aria-hidden="true"> ↗</span></a
        >`
      }
    </p>
  </header>`;
}

function Facts({ issue }: { readonly issue: IssueDetail }) {
  const fact = (name: string, value: unknown) =>
    value === null || value === undefined || value === ""
      ? null
      : html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`;
  return html`<aside aria-label="Facts">
    <dl class="facts">
      ${fact("Sentry events", countText(issue.count))} ${fact("Users", countText(issue.userCount))}
      ${fact("Assignee", issue.assignee === null ? "Nobody" : assigneeText(issue.assignee))}
      ${fact("Level", levelText(issue))}
      ${fact("Priority", sentence(issue.priority ?? issue.priorityRaw ?? ""))}
      ${fact("First seen", issue.firstSeen === null ? null : html`<${Ago} at=${issue.firstSeen} />`)}
      ${fact("Last seen", issue.lastSeen === null ? null : html`<${Ago} at=${issue.lastSeen} />`)}
      ${fact("Project", issue.project?.name)} ${fact("Organization", issue.organization)}
      ${fact("Category", issue.category === null ? null : sentence(issue.category))}
      ${fact("Platform", issue.platform)}
      ${fact("Handled", issue.isUnhandled === null ? null : issue.isUnhandled ? "No" : "Yes")}
      ${fact("Sentry id", issue.sentryId)}
    </dl>
  </aside>`;
}

/** Every state that the issue was in, drawn in proportion to time. */
function Ribbon({ spans }: { readonly spans: readonly Span[] }) {
  if (spans.length === 0) return null;
  return html`<figure class="ribbon">
    <${Drawing} spans=${spans} />
    <figcaption><${Legend} spans=${spans} /></figcaption>
  </figure>`;
}

type Part = {
  readonly span: Span;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly seconds: number;
  readonly tone: Tone;
};

/** In thousandths of the ribbon's width. A span this wide is visible between two gaps, even on a phone. */
const broadSpan = 10;

function Drawing({ spans }: { readonly spans: readonly Span[] }) {
  const begin = Date.parse(spans[0]!.startedAt);
  const lengthAt = (now: number) => Math.max(1, now - begin);
  // Drawn again once it has grown by a thousandth: less than that is not visible.
  usePresent((now) => Math.floor(Math.log(lengthAt(now)) * 1000));
  const whole = lengthAt(present());
  const parts = spans.map((span): Part => {
    const from = Date.parse(span.startedAt);
    const to = span.endedAt === null ? begin + whole : Date.parse(span.endedAt);
    return { span, from, seconds: Math.max(0, to - from) / 1000, tone: toneOf(span.state) };
  });
  const at = (time: number) => ((time - begin) / whole) * 1000;
  const isBroad = ({ seconds }: Part) => (seconds * 1_000_000) / whole >= broadSpan;
  const rect = ({ span, from, seconds, tone }: Part) =>
    html`<rect
      key=${span.startedAt}
      class=${`fill-${tone}`}
      x=${at(from)}
      width=${Math.max(1.5, (seconds * 1_000_000) / whole)}
      y="0"
      height="14"
    >
      <title>${`${stateText(span.state)}, ${durationText(seconds)}`}</title>
    </rect>`;
  // Gaps, because some tones look alike side by side. Narrow spans are drawn over the gaps, which would hide them.
  const gaps = parts.filter((part, index) => index > 0 && (isBroad(part) || isBroad(parts[index - 1]!)));
  return html`<svg viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
    ${parts.filter(isBroad).map(rect)}
    ${gaps.map(({ from }) => html`<line key=${from} x1=${at(from)} x2=${at(from)} y2="14" />`)}
    ${parts.filter((part) => !isBroad(part)).map(rect)}
  </svg>`;
}

/** How long the issue was in each state. Several states may have one tone. */
function Legend({ spans }: { readonly spans: readonly Span[] }) {
  type Stay = { readonly tone: Tone; readonly seconds: number; readonly since: string | null };
  const stays = new Map<string, Stay>();
  for (const { state, startedAt, endedAt } of spans) {
    const text = stateText(state);
    const before = stays.get(text)?.seconds ?? 0;
    const seconds = endedAt === null ? 0 : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
    const since = endedAt === null ? startedAt : null;
    stays.set(text, { tone: toneOf(state), seconds: before + seconds, since });
  }
  return html`<ul>
    ${[...stays].map(
      ([text, { tone, seconds, since }]) =>
        html`<li key=${text}>
          <span class=${`swatch back-${tone}`} aria-hidden="true"></span>${text}
          <span class="dim"
            >${since === null ? durationText(seconds) : html`<${Lasting} since=${since} before=${seconds} />`}</span
          >
        </li>`,
    )}
  </ul>`;
}

function Timeline({
  issue,
  events,
  readEarlier,
}: {
  readonly issue: IssueDetail;
  readonly events: readonly IssueEvent[];
  readonly readEarlier: (() => Promise<void>) | null;
}) {
  const [problem, setProblem] = useState<string | null>(null);
  const newestFirst = events.toReversed();
  const hasInferred = events.some(({ source }) => source === "INFERRED");
  // The button that reads earlier entries disappears with the last of them.
  useLostFocus(() => document.getElementById("history")?.focus({ preventScroll: true }));
  const newestTransition = newestFirst.find(({ transition }) => transition !== null);
  return html`<section class="timeline" aria-labelledby="history">
    <${TimesHeading}>
      <h2 id="history" tabindex="-1">
        ${"History "}
        <span class="dim"
          >${countText(issue.events.totalCount)} ${issue.events.totalCount === 1 ? "entry" : "entries"}</span
        >
      </h2>
    <//>
    ${
      hasInferred &&
      html`<p class="explain">
        <span class="inferred">Inferred</span> Sentry sent no webhook for it, or it was lost; a later one
        shows that it happened, within the time given.
      </p>`
    }
    <ol>
      ${newestFirst.map(
        (event) =>
          html`<${TimelineEvent}
            key=${event.id}
            event=${event}
            lastsSince=${event === newestTransition ? issue.statusSince : null}
          />`,
      )}
    </ol>
    ${
      readEarlier !== null &&
      html`<button
        type="button"
        onClick=${() => {
          setProblem(null);
          readEarlier().catch((error: unknown) => !isAbort(error) && setProblem(messageOf(error)));
        }}
      >
        Show earlier entries
      </button>`
    }
    ${problem !== null && html`<p role="alert">${problem}</p>`}
  </section>`;
}

function TimelineEvent({
  event,
  lastsSince,
}: {
  readonly event: IssueEvent;
  /** When the present state began, on the transition to it; null on all other events. */
  readonly lastsSince: string | null;
}) {
  const { transition } = event;
  const actor = actorText(event.actor);
  const why =
    transition === null ? [] : reasons(event.resolutionType, transition.to, transition.statusDetails);
  const isInferred = event.source === "INFERRED";
  return html`<li class=${transition === null ? "minor" : `tone-${toneOf(transition.to)}`}>
    <span class="dot" aria-hidden="true"></span>
    <div class="entry">
      <p class="what">
        <strong>${eventText(event)}</strong>
        ${
          isInferred &&
          html`<span class="inferred" title="No webhook reported this; a later one shows it">Inferred</span>`
        }
        ${event.isLate && html`<span class="late" title=${`Received ${momentText(event.receivedAt)}`}>Arrived late</span>`}
        ${actor !== null && html`<span class="dim">by ${actor}</span>`}
      </p>
      ${
        transition !== null &&
        html`<p class="change">
          ${transition.from !== null && html`<${StateBadge} state=${transition.from} /><span aria-hidden="true"> → </span><span class="visually-hidden"> to </span>`}
          <${StateBadge} state=${transition.to} />
          ${why.length > 0 && html`<span class="why">${why.join(", ")}</span>`}
        </p>`
      }
      ${
        transition?.from != null &&
        transition.secondsInPreviousState !== null &&
        html`<p class="dim">
          ${`after ${durationText(transition.secondsInPreviousState)} as ${stateText(transition.from).toLowerCase()}`}
        </p>`
      }
      ${lastsSince !== null && html`<p class="dim">for <${Lasting} since=${lastsSince} /> now</p>`}
    </div>
    <p class="when">
      ${
        isInferred && event.occurredAfter !== null && event.occurredAfter !== event.occurredAt
          ? html`<span title="The earliest and the latest time at which it can have happened"
              >${`between ${momentText(event.occurredAfter)} and ${clockText(event.occurredAt, event.occurredAfter)}`}</span
            >`
          : html`<${Ago} at=${event.occurredAt} /><span class="exact"
                >${momentText(event.occurredAt)}</span
              >`
      }
    </p>
  </li>`;
}

/** The raw payload: read when it is opened, and again whenever the issue has been read again. */
function Raw({
  issue,
  signIn,
}: {
  readonly issue: IssueDetail;
  readonly signIn: (scope: TokenScope) => void;
}) {
  const { sentryId } = issue;
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState<
    { readonly json: string } | { readonly problem: string; readonly needsToken: boolean } | null
  >(null);
  useEffect(() => {
    if (!isOpen) return;
    const stop = new AbortController();
    ask(issueRaw, { sentryId }, stop.signal).then(
      (data) => setText({ json: JSON.stringify(data.issue?.raw ?? null, null, 2) }),
      (error: unknown) =>
        !isAbort(error) &&
        setText({
          problem: messageOf(error),
          needsToken: error instanceof AnswerError && error.code === "FORBIDDEN",
        }),
    );
    return () => stop.abort();
  }, [isOpen, issue]);
  return html`<details
    class="raw"
    onToggle=${(event: Event) => setOpen((event.target as HTMLDetailsElement).open)}
  >
    <summary>Raw payload <span class="dim">the issue object of the newest webhook</span></summary>
    ${
      text === null
        ? isOpen && html`<p role="status">Reading…</p>`
        : "problem" in text
          ? html`<p role="alert">${text.problem}</p>
              ${text.needsToken && html`<button type="button" class="quiet" onClick=${() => signIn("read")}>Sign in</button>`}`
          : html`<${CopyButton} text=${text.json} />
              <pre tabindex="0" role="region" aria-label="Raw payload"><${Json} text=${text.json} /></pre>`
    }
  </details>`;
}

/** Printed JSON with its keys and strings highlighted. */
function Json({ text }: { readonly text: string }) {
  const parts = text.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?)/);
  return parts.map((part, index) =>
    part.startsWith('"')
      ? html`<span key=${index} class=${part.endsWith(":") ? "json-key" : "json-text"}>${part}</span>`
      : part,
  );
}
