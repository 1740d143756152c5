import { useEffect, useMemo } from "preact/hooks";
import { useCell } from "./cell.ts";
import { Chart, type ChartLine } from "./chart.ts";
import type { Connection } from "./connection.ts";
import { FilterBar } from "./filter-bar.ts";
import { html } from "./html.ts";
import { openStatistics } from "./live-statistics.ts";
import { Link } from "./link.ts";
import { Notice } from "./notice.ts";
import type { DurationStats, FlowBucket, Statistics } from "./operations/statistics.ts";
import {
  assigneeKey,
  levelChoices,
  shownFilter,
  spanChoices,
  viewing,
  type Navigation,
  type Place,
  type SpanChoice,
} from "./place.ts";
import { Skeleton } from "./skeleton.ts";
import { durationText, timeFormat, timeZoneName } from "./time-text.ts";
import { TimesHeading } from "./time.ts";
import { assigneeText, countText, sentence, shareText } from "./words.ts";

const spanLabels: Readonly<Record<SpanChoice, string>> = {
  "24h": "24 hours",
  "7d": "7 days",
  "30d": "30 days",
  "90d": "90 days",
  "1y": "1 year",
};

/** Statistics of the issues, in figures and charts that update live. */
export function StatisticsView({
  navigation,
  place,
  connection,
}: {
  readonly navigation: Navigation;
  readonly place: Place;
  readonly connection: Connection;
}) {
  const { from, interval } = spanChoices[place.span];
  const filter = shownFilter(place);
  const wanted = JSON.stringify([filter, from]);
  const live = useMemo(
    () => openStatistics({ filter, period: { from }, interval, timeZone: timeZoneName() }, connection),
    [wanted],
  );
  useEffect(() => () => live[Symbol.dispose](), [live]);
  const state = useCell(live.state);

  return html`<section class="statistics" aria-labelledby="heading">
    <h1 id="heading" tabindex="-1" class="visually-hidden">Statistics</h1>
    <${FilterBar} navigation=${navigation} place=${place}>
      <div class="segments" role="group" aria-label="Period">
        ${(Object.keys(spanChoices) as SpanChoice[]).map(
          (span) =>
            html`<button
              key=${span}
              type="button"
              aria-pressed=${span === place.span ? "true" : "false"}
              onClick=${() => navigation.go({ span })}
            >
              ${spanLabels[span]}
            </button>`,
        )}
      </div>
    <//>
    ${state.is === "loading" && html`<${Skeleton} text="Loading statistics" tall=${2} />`}
    ${state.is === "failed" && html`<${Notice} isFailure title="The statistics cannot be shown" message=${state.message} />`}
    ${state.is === "ready" && html`<${Figures} figures=${state.figures} navigation=${navigation} place=${place} />`}
  </section>`;
}

function Figures({
  figures,
  navigation,
  place,
}: {
  readonly figures: Statistics;
  readonly navigation: Navigation;
  readonly place: Place;
}) {
  const { flow, timeToResolve, timeToTriage, reopenRate, inferredShare } = figures;
  const open = figures.byStatus.find(({ status }) => status === "UNRESOLVED")?.count ?? 0;
  const sum = (of: "opened" | "resolved") => flow.reduce((total, bucket) => total + bucket[of], 0);
  const within = `in ${spanLabels[place.span]}`;
  const median = ({ p50Seconds }: DurationStats) => (p50Seconds === null ? "—" : durationText(p50Seconds));
  const nameOf = timeFormat(
    spanChoices[place.span].interval === "HOUR"
      ? { hour: "2-digit", minute: "2-digit" }
      : { month: "short", day: "numeric" },
  );
  const names = flow.map(({ start }) => nameOf(start));
  const flowLines = useMemo(
    (): ChartLine[] => [
      {
        label: "Opened and regressed",
        color: "--opened",
        shape: "bars",
        values: flow.map(({ opened, regressed }) => opened + regressed),
      },
      {
        label: "Resolved",
        color: "--resolved-bar",
        shape: "bars",
        values: flow.map(({ resolved }) => resolved),
      },
    ],
    [flow],
  );
  const openLines = useMemo(
    (): ChartLine[] => [
      { label: "Open", color: "--accent", shape: "area", values: flow.map(({ openAtEnd }) => openAtEnd) },
    ],
    [flow],
  );

  return html`<div>
    <dl class="tiles">
      <${Tile} name="Open now" value=${countText(open)} note=${`of ${countText(figures.total)} known`} />
      <${Tile} name="Opened" value=${countText(sum("opened"))} note=${within} />
      <${Tile} name="Resolved" value=${countText(sum("resolved"))} note=${within} />
      <${Tile} name="Time to resolve" value=${median(timeToResolve)} note="median" />
      <${Tile} name="Time to triage" value=${median(timeToTriage)} note="median" />
      <${Tile}
        name="Came back"
        value=${reopenRate === null ? "—" : shareText(reopenRate)}
        note="of what was resolved"
      />
      <${Tile}
        name="Inferred"
        value=${inferredShare === null ? "—" : shareText(inferredShare)}
        note="changes that no webhook reported"
      />
    </dl>
    <div class="panels">
      <section class="panel wide" aria-labelledby="flow">
        <${TimesHeading}><h2 id="flow">Opened against resolved</h2><//>
        <${Chart}
          label="Opened against resolved, over time; the table below has the figures"
          names=${names}
          lines=${flowLines}
        />
        <${FlowTable} flow=${flow} />
      </section>
      <section class="panel wide" aria-labelledby="open">
        <h2 id="open">Open over time</h2>
        <${Chart}
          label="Open issues over time; the table above has the figures"
          names=${names}
          lines=${openLines}
          height=${180}
        />
      </section>
      <section class="panel" aria-labelledby="durations">
        <h2 id="durations">How long it takes</h2>
        <${Durations} figures=${figures} />
      </section>
      <section class="panel" aria-labelledby="projects">
        <h2 id="projects">By project</h2>
        <${Bars}
          navigation=${navigation}
          place=${place}
          bars=${figures.byProject.map(({ project, count }) => ({
            key: project.sentryId,
            label: project.slug,
            count,
            to: { project: project.sentryId },
          }))}
          total=${figures.total}
        />
      </section>
      <section class="panel" aria-labelledby="levels">
        <h2 id="levels">By level</h2>
        <${Bars}
          navigation=${navigation}
          place=${place}
          bars=${figures.byLevel.map(({ key, count }) => ({
            key: key ?? "",
            label: sentence(key ?? "none"),
            count,
            to: levelNarrowing(key),
          }))}
          total=${figures.total}
        />
      </section>
      <section class="panel" aria-labelledby="assignees">
        <h2 id="assignees">By assignee</h2>
        <${Bars}
          navigation=${navigation}
          place=${place}
          bars=${figures.byAssignee.map(({ assignee, count }) => ({
            key: assigneeKey(assignee),
            label: assignee === null ? "Unassigned" : assigneeText(assignee),
            count,
            to: { assignee: assigneeKey(assignee) },
          }))}
          total=${figures.total}
        />
      </section>
    </div>
  </div>`;
}

function Tile({
  name,
  value,
  note,
}: {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}) {
  return html`<div class="tile">
    <dt>${name}</dt>
    <dd><span class="figure">${value}</span> <span class="dim">${note}</span></dd>
  </div>`;
}

function FlowTable({ flow }: { readonly flow: readonly FlowBucket[] }) {
  const nameOf = timeFormat({ dateStyle: "medium", timeStyle: "short" });
  return html`<details class="figures">
    <summary>As a table</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Figures over time">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            ${["Opened", "Regressed", "Resolved", "Archived", "Open at the end"].map((name) => html`<th scope="col" key=${name}>${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${flow.toReversed().map(
            (bucket) =>
              html`<tr key=${bucket.start}>
                <th scope="row">${nameOf(bucket.start)}</th>
                ${[bucket.opened, bucket.regressed, bucket.resolved, bucket.archived, bucket.openAtEnd].map(
                  (count, index) => html`<td key=${index}>${countText(count)}</td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

/** Bars from the median to the 99th percentile, on one logarithmic scale, as they range from minutes to months. */
function Durations({ figures }: { readonly figures: Statistics }) {
  const rows = [
    { name: "To resolve", stats: figures.timeToResolve },
    { name: "To triage", stats: figures.timeToTriage },
    ...figures.timeInStatus
      .filter(({ seconds }) => seconds.n > 0)
      .map(({ status, seconds }) => ({
        name: `In ${status === "IGNORED" ? "archived" : status.toLowerCase()}`,
        stats: seconds,
      })),
  ];
  const most = Math.max(60, ...rows.map(({ stats }) => stats.p99Seconds ?? 0));
  const x = (seconds: number | null) =>
    seconds === null ? 0 : (Math.log1p(seconds) / Math.log1p(most)) * 100;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of durations">
    <table class="durations">
      <thead>
        <tr>
          <th scope="col"><span class="visually-hidden">What</span></th>
          <th scope="col" class="range-head"><span class="visually-hidden">Range</span></th>
          <th scope="col">Median</th>
          <th scope="col"><abbr title="Nine out of ten take less">90 %</abbr></th>
          <th scope="col"><abbr title="How many ended in the period">n</abbr></th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, stats }) =>
            html`<tr key=${name}>
              <th scope="row">${name}</th>
              <td class="range">
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="track" width="100" height="2" y="3" />
                  <rect
                    class="tail"
                    x=${x(stats.p50Seconds)}
                    width=${Math.max(0, x(stats.p99Seconds) - x(stats.p50Seconds))}
                    y="2"
                    height="4"
                  />
                  <rect
                    class="body"
                    x=${x(stats.p50Seconds)}
                    width=${Math.max(0, x(stats.p90Seconds) - x(stats.p50Seconds))}
                    y="1"
                    height="6"
                  />
                </svg>
              </td>
              <td>${stats.p50Seconds === null ? "—" : durationText(stats.p50Seconds)}</td>
              <td>${stats.p90Seconds === null ? "—" : durationText(stats.p90Seconds)}</td>
              <td>${countText(stats.n)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <p class="range-legend dim" aria-hidden="true">
      <${RangeSwatch} of="body" />Median to 90 %, <${RangeSwatch} of="tail" />to 99 %, on a logarithmic scale
    </p>
  </div>`;
}

function RangeSwatch({ of }: { readonly of: "body" | "tail" }) {
  return html`<svg class="swatch" viewBox="0 0 1 1"><rect class=${of} width="1" height="1" /></svg>`;
}

/** The change of place that filters the list by a level of the statistics; null if that level cannot be chosen. */
function levelNarrowing(key: string | null): Partial<Place> | null {
  const level = levelChoices.find((choice) => choice === key?.toLowerCase());
  return level === undefined ? null : { level };
}

type Bar = {
  readonly key: string;
  readonly label: string;
  readonly count: number;
  /** The change of place that filters the list to the issues counted here; null if no filter does. */
  readonly to: Partial<Place> | null;
};

function Bars({
  bars,
  total,
  navigation,
  place,
}: {
  readonly bars: readonly Bar[];
  /** How many issues there are, including those that no bar counts. */
  readonly total: number;
  readonly navigation: Navigation;
  readonly place: Place;
}) {
  if (bars.length === 0) return html`<p class="dim">Nothing yet.</p>`;
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const others = bars.reduce((rest, { count }) => rest - count, total);
  return html`<ul class="bars">
    ${bars.map(
      ({ key, label, count, to }) =>
        html`<li key=${key}>
          ${
            to === null
              ? html`<span class="bar-label">${label}</span>`
              : html`<${Link}
                  class="bar-label"
                  navigation=${navigation}
                  place=${place}
                  to=${{ ...viewing("issues"), status: "all", ...to }}
                  >${label}<//
                >`
          }
          <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            <rect class="bar" width=${(count / most) * 100} height="8" />
          </svg>
          <span class="bar-count">${countText(count)}</span>
        </li>`,
    )}
  </ul>
  ${others > 0 && html`<p class="dim">Others: ${countText(others)}</p>`}`;
}
