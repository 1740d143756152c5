import { placeKey } from "../batch/place-key.ts";
import { shownColumns } from "../issue-rows.ts";
import type { ProjectMove } from "../write.ts";
import { contents, deliveries, events, issues, projects } from "../tables/postgres.ts";
import { arraysOf, columnsOf, listOf, type Column } from "./columns.ts";
import { provisional, type Collected } from "./transaction.ts";

/** The arguments of `lock_log`, and the channel on which the newest position is announced. */
export type LogAsked = {
  readonly lock: bigint;
  readonly knownEpoch: string;
  readonly knownPosition: number;
  readonly channel: string;
};

/**
 * The values of `writeStatement`.
 * @param isCalledOut whether replicas are told of the newest position on commit.
 */
export function valuesOf(
  log: LogAsked,
  collected: Collected,
  { isCalledOut = true }: { readonly isCalledOut?: boolean } = {},
): unknown[] {
  const { superseded } = collected;
  // The statement cannot update events that it inserts itself, so what the batch changes of them goes into their rows.
  const replacedBy = new Map(superseded.map(({ seq, by }) => [seq, by]));
  const measured = new Map(collected.measured.map((write) => [placeKey(write.issueId, write.place), write]));
  const rows = collected.events.map((row) => {
    const supersededBy = replacedBy.get(row.seq) ?? row.supersededBy;
    if (supersededBy !== null) return { ...row, supersededBy };
    const key = placeKey(row.issueId, row.place);
    const measures = measured.get(key);
    measured.delete(key);
    return { ...row, ...measures };
  });
  const replaced = superseded.filter(({ seq }) => seq < provisional);
  const shown = collected.issues.flatMap(({ shown, ...state }) =>
    shown === null ? [] : [{ ...state, ...shownColumns(shown) }],
  );
  const moved = collected.issues.filter((write) => write.shown === null);
  return [
    log.lock,
    log.knownEpoch,
    log.knownPosition,
    log.channel,
    isCalledOut ? rows.length : 0,
    ...arraysOf(collected.deliveries, columnsOf(deliveries)),
    ...arraysOf(collected.contents, columnsOf(contents)),
    ...arraysOf(rows, columnsOf(events)),
    ...arraysOf([...measured.values()], measuredColumns),
    replaced.map(({ seq }) => seq),
    replaced.map(({ by }) => by),
    ...arraysOf(shown, issueColumns),
    ...arraysOf(moved, movedColumns),
    ...arraysOf(collected.projects, columnsOf(projects)),
  ];
}

/** Columns that hold positions. Those of this batch's own entries are provisional. */
const positions: ReadonlySet<string> = new Set([
  "position",
  "seq",
  "previous",
  "supersedes",
  "superseded_by",
  "last_seq",
]);

/** All but `id`, which the table hands out. */
const issueColumns = columnsOf(issues).filter(({ key }) => key !== "id");

const measuredColumns = columnsOf(events).filter(({ key }) =>
  ["issueId", "place", "stayMs", "resolvedAfter", "triagedAfterMs", "isUndone"].includes(key),
);

/** What an entry changes of an issue that goes on showing the same delivery. */
const movedColumns = columnsOf(issues).filter(({ key }) =>
  ["sentryId", "status", "substatus", "statusSince", "lastSeq"].includes(key),
);

/**
 * The one statement that writes a batch. It takes the log's lock first, so that nobody else adds to the log between
 * learning its positions and committing. So commit order is position order, and whoever has read up to a position has
 * missed nothing before it.
 *
 * Rows are given as one array for each column, so that the text is the same for every batch.
 */
export const writeStatement = textOfStatement();

/** Moves the events of issues that show another project into that project. */
export const moveStatement = `update events set project_id = given.project_id, project_slug = given.project_slug
  from unnest($1::text[], $2::text[], $3::text[]) as given(issue_id, project_id, project_slug)
  where events.issue_id = given.issue_id and events.superseded_by is null`;

export function moveValuesOf(moves: readonly ProjectMove[]): unknown[] {
  return [
    moves.map(({ issueId }) => issueId),
    moves.map(({ projectId }) => projectId),
    moves.map(({ projectSlug }) => projectSlug),
  ];
}

function textOfStatement(): string {
  let bound = 5;
  const rowsFrom = (columns: readonly Column[]) => {
    const arrays = columns.map(({ type }) => `$${++bound}::${type}[]`);
    return `unnest(${arrays.join(", ")}) as given(${listOf(columns)}), log`;
  };
  const placed = (name: string) =>
    `case when given.${name} >= ${provisional} then given.${name} - ${provisional} + log.newest else given.${name} end`;
  const list = (columns: readonly Column[], one: (name: string) => string) =>
    columns.map(({ name }) => one(name)).join(", ");
  const valueOf = (name: string) => (positions.has(name) ? placed(name) : `given."${name}"`);
  const inserted = (table: string, columns: readonly Column[], onConflict = "") =>
    `insert into ${table} (${listOf(columns)})
     select ${list(columns, valueOf)} from ${rowsFrom(columns)} ${onConflict}`;
  const replacing = (columns: readonly Column[]) => list(columns, (name) => `"${name}" = excluded."${name}"`);
  const [whole, projectColumns] = ["bigint", columnsOf(projects)];
  const pairs = [
    { key: "seq", name: "seq", type: whole },
    { key: "by", name: "by_seq", type: whole },
  ];
  // A statement can change a row only once, so events that the batch replaces are not measured.
  const before = [columnsOf(deliveries), columnsOf(contents), columnsOf(events), measuredColumns].flat()
    .length;
  const replacedSeqs = `$${bound + before + 1}::${whole}[]`;
  return `with log as materialized (select lock_log($1, $2, $3) as newest),
   kept as (${inserted("deliveries", columnsOf(deliveries))}),
   held as (${inserted("contents", columnsOf(contents))}),
   told as (${inserted("events", columnsOf(events))}),
   measured as (
     update events set stay_ms = given.stay_ms, resolved_after = given.resolved_after,
       triaged_after_ms = given.triaged_after_ms, is_undone = given.is_undone from ${rowsFrom(measuredColumns)}
     where events.issue_id = given.issue_id and events.place = given.place and events.superseded_by is null
       and events.seq <> all(${replacedSeqs})
   ),
   replaced as (
     update events set superseded_by = ${placed("by_seq")} from ${rowsFrom(pairs)}
     where events.seq = given.seq
   ),
   shown as (${inserted("issues", issueColumns, `on conflict (sentry_id) do update set ${replacing(issueColumns)}`)}),
   moved as (
     update issues set status = given.status, substatus = given.substatus, status_since = given.status_since,
       last_seq = ${placed("last_seq")} from ${rowsFrom(movedColumns)}
     where issues.sentry_id = given.sentry_id
   ),
   named as (${inserted(
     "projects",
     projectColumns,
     `on conflict (sentry_id) do update set ${replacing(projectColumns)} where projects.shown_at <= excluded.shown_at`,
   )})
   select newest, case when $5::integer > 0 then pg_notify($4, (newest + $5::integer)::text)::text end from log`;
}
