import { sql } from "drizzle-orm";
import { blob, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Claim, DeliveryOutcome } from "../../domain/delivery.ts";
import type {
  EventRole,
  EventSource,
  forgottenRole,
  IssueAction,
  TransitionKind,
} from "../../domain/event.ts";
import type { ActorType } from "../../domain/issue.ts";
import type { TokenScope } from "../../domain/token.ts";
import { dashedDigits, digits } from "./digits.ts";

/**
 * The tables as SQLite keeps them. Times are epoch milliseconds, JSON is text (never a database's own JSON type, which
 * refuses NUL or reorders keys), and every text that intake reads is free of NUL and lone surrogates.
 *
 * `tables/postgres.ts` declares the same tables with the same row types.
 */

/**
 * Every signed delivery, whatever it held, and the facts that histories are derived from. Rows with the sha256
 * `sha256OfForgotten` (`store/erase/forgotten.ts`) are no webhooks.
 */
export const deliveries = sqliteTable(
  "deliveries",
  {
    // AUTOINCREMENT: an id is never given to another delivery, even after the newest one was forgotten.
    id: integer("id").primaryKey({ autoIncrement: true }),
    /** The newest position of the log when this was committed. */
    position: integer("position").notNull(),
    receivedAt: integer("received_at").notNull(),
    sentAt: integer("sent_at").notNull(),
    resource: text("resource"),
    /** The body's action. */
    action: text("action"),
    requestId: digits("request_id"),
    isRequestIdReused: integer("is_request_id_reused", { mode: "boolean" }).notNull(),
    idempotencyKey: digits("idempotency_key"),
    installationId: dashedDigits("installation_id"),
    outcome: text("outcome").$type<DeliveryOutcome>().notNull(),
    reason: text("reason"),
    repeatOf: integer("repeat_of"),
    sha256: blob("sha256", { mode: "buffer" }).notNull(),
    /** The size of the body. */
    bytes: integer("bytes").notNull(),
    /** Null for a delivery that is not about an issue; so are all columns after it. */
    issueId: text("issue_id"),
    /** An activity_alert's activity type; null if `action` itself says what happened. */
    toldAction: text("told_action"),
    claim: text("claim").$type<Claim>(),
    /** With `shownSubstatus`, the state that the snapshot shows. */
    shownStatus: text("shown_status"),
    shownSubstatus: text("shown_substatus"),
    /** Microseconds: Sentry's own precision, which tells snapshots of one second apart. */
    lastSeenMicros: integer("last_seen_micros"),
    count: integer("count"),
    assignee: text("assignee"),
    actor: text("actor"),
    resolutionType: text("resolution_type"),
    snapshotHash: blob("snapshot_hash", { mode: "buffer" }),
    /**
     * The snapshot names a project. Null counts as true: it was received before this column was there, or is not about
     * an issue.
     */
    namesProject: integer("names_project", { mode: "boolean" }),
  },
  (table) => [
    // Serves the facts of one issue, and the list of its deliveries.
    index("deliveries_by_issue").on(table.issueId, table.id),
    // Serves repeats among deliveries that are not about issues; those about issues are found by their issue.
    index("deliveries_by_sha256")
      .on(table.sha256)
      .where(sql`issue_id is null`),
    // Serves the feed's counts.
    index("deliveries_by_received_at").on(table.receivedAt, table.outcome),
  ],
);

/**
 * What a delivery held, until it is packed. A table of its own, so that rows of `deliveries` stay small, and packing
 * does not rewrite them.
 */
export const contents = sqliteTable("contents", {
  delivery: integer("delivery").primaryKey(),
  /** `IssueFields` as JSON; null for a delivery that is not about an issue, unless it tells of a forgotten one. */
  fields: text("fields"),
  /** As received; null once pruned. */
  body: blob("body", { mode: "buffer" }),
});

/** Contents of consecutive deliveries, compressed together: see `store/pack.ts`. */
export const packs = sqliteTable("packs", {
  /** The ids of the first and the last delivery in it. */
  first: integer("first").primaryKey(),
  last: integer("last").notNull(),
  /** The name of the dictionary that it is compressed with. */
  dictionary: text("dictionary").notNull(),
  data: blob("data", { mode: "buffer" }).notNull(),
});

/**
 * The log. Rows are written once, except `supersededBy` and what serves statistics alone (the measures, the project).
 */
export const events = sqliteTable(
  "events",
  {
    // AUTOINCREMENT: a position is never handed out twice, even after the newest entry was forgotten.
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    issueId: text("issue_id").notNull(),
    /** The entry before this one about the same issue; null for the first. */
    previous: integer("previous"),
    delivery: integer("delivery").notNull(),
    role: text("role").$type<EventRole | typeof forgottenRole>().notNull(),
    /** 0 for the first event of this delivery and role, then counting up with each that replaced it. */
    version: integer("version").notNull(),
    place: blob("place", { mode: "buffer" }).notNull(),
    source: text("source").$type<EventSource>().notNull(),
    action: text("action").$type<IssueAction>().notNull(),
    actionRaw: text("action_raw"),
    actorType: text("actor_type").$type<ActorType>(),
    actorId: text("actor_id"),
    actorName: text("actor_name"),
    assignee: text("assignee"),
    /** Null, with `toStatus`, for an event without a transition. */
    kind: text("kind").$type<TransitionKind>(),
    fromStatus: text("from_status"),
    fromSubstatus: text("from_substatus"),
    toStatus: text("to_status"),
    toSubstatus: text("to_substatus"),
    occurredAt: integer("occurred_at").notNull(),
    occurredAfter: integer("occurred_after"),
    isLate: integer("is_late", { mode: "boolean" }).notNull(),
    supersedes: integer("supersedes"),
    supersededBy: integer("superseded_by"),
    committedAt: integer("committed_at").notNull(),
    /** The issue after this entry: its state, since when, and the delivery whose snapshot it shows. */
    afterStatus: text("after_status").notNull(),
    afterSubstatus: text("after_substatus"),
    afterSince: integer("after_since").notNull(),
    afterShown: integer("after_shown").notNull(),
    /** The delivery that names the project that the issue shows; null if that is `afterShown`, or if none does. */
    afterNamed: integer("after_named"),
    /**
     * `Measures` of the event in its history, for statistics alone: late deliveries may change them, and no follower of
     * the log sees them. Times are in milliseconds; `resolvedAfter` has several, separated by commas.
     */
    stayMs: integer("stay_ms"),
    resolvedAfter: text("resolved_after"),
    triagedAfterMs: integer("triaged_after_ms"),
    isUndone: integer("is_undone", { mode: "boolean" }).notNull(),
    /** The project that the issue shows now, for statistics alone; a superseded event has one that it showed before. */
    projectId: text("project_id"),
    projectSlug: text("project_slug"),
  },
  (table) => [
    // Serves one issue's history in its order.
    index("events_in_history")
      .on(table.issueId, table.place)
      .where(sql`superseded_by is null`),
    // Serves an event by its own id, and the events of a delivery.
    uniqueIndex("events_by_delivery").on(table.delivery, table.role, table.version),
    // Serves all transitions by time, with the columns that statistics need, so that these read no rows.
    // `supersededBy`, null in all of it, is there because SQLite reads the row for any column that the index lacks.
    index("transitions_by_time")
      .on(
        table.occurredAt,
        table.seq,
        table.kind,
        table.source,
        table.fromStatus,
        table.toStatus,
        table.stayMs,
        table.resolvedAfter,
        table.isUndone,
        table.projectId,
        table.projectSlug,
        table.issueId,
        table.supersededBy,
      )
      .where(sql`superseded_by is null and kind is not null`),
    // Serves the time to triage.
    index("triages_by_time")
      .on(
        table.occurredAt,
        table.triagedAfterMs,
        table.projectId,
        table.projectSlug,
        table.issueId,
        table.supersededBy,
      )
      .where(sql`superseded_by is null and triaged_after_ms is not null`),
    // Serves what an entry replaced.
    index("events_by_superseded_by")
      .on(table.supersededBy)
      .where(sql`superseded_by is not null`),
  ],
);

/** Each issue as it is now, with a column for everything that a filter or an order can name. */
export const issues = sqliteTable(
  "issues",
  {
    /** The row's number in the text index. */
    id: integer("id").primaryKey(),
    sentryId: text("sentry_id").notNull().unique(),
    /** The delivery whose snapshot the issue shows. */
    shown: integer("shown").notNull(),
    /** The newest entry of the log about the issue. */
    lastSeq: integer("last_seq").notNull(),
    shortId: text("short_id"),
    shortIdFolded: text("short_id_folded"),
    title: text("title").notNull(),
    titleFolded: text("title_folded").notNull(),
    culprit: text("culprit"),
    culpritFolded: text("culprit_folded"),
    status: text("status").notNull(),
    substatus: text("substatus"),
    statusSince: integer("status_since").notNull(),
    level: text("level"),
    priority: text("priority"),
    /** 1 low, 2 medium, 3 high; null for none and for one that this version does not know. */
    priorityRank: integer("priority_rank"),
    category: text("category"),
    categoryFolded: text("category_folded"),
    issueType: text("issue_type"),
    issueTypeFolded: text("issue_type_folded"),
    platform: text("platform"),
    platformFolded: text("platform_folded"),
    projectId: text("project_id"),
    projectSlug: text("project_slug"),
    projectSlugFolded: text("project_slug_folded"),
    assigneeType: text("assignee_type").$type<"USER" | "TEAM">(),
    assigneeId: text("assignee_id"),
    assigneeName: text("assignee_name"),
    assigneeNameFolded: text("assignee_name_folded"),
    assigneeEmail: text("assignee_email"),
    assigneeEmailFolded: text("assignee_email_folded"),
    isUnhandled: integer("is_unhandled", { mode: "boolean" }),
    count: integer("count").notNull(),
    userCount: integer("user_count").notNull(),
    firstSeen: integer("first_seen"),
    lastSeen: integer("last_seen"),
    /** The parts of `IssueFields` that have no column, as JSON. */
    rest: text("rest").notNull(),
    /** `IssueDetails` as JSON. */
    details: text("details").notNull(),
  },
  (table) => {
    const filtered = [
      table.status,
      table.level,
      table.projectId,
      table.projectSlug,
      table.assigneeId,
    ] as const;
    return [
      // One for each order, with the tie-break. The columns that filters name most follow, so that issues are skipped
      // in the index, without reading their rows.
      index("issues_by_last_seen").on(table.lastSeen, table.sentryId, ...filtered),
      index("issues_by_first_seen").on(table.firstSeen, table.sentryId, ...filtered),
      index("issues_by_status_since").on(table.statusSince, table.sentryId, ...filtered),
      index("issues_by_count").on(table.count, table.sentryId, ...filtered),
      index("issues_by_user_count").on(table.userCount, table.sentryId, ...filtered),
      index("issues_by_priority").on(table.priorityRank, table.sentryId, ...filtered),
      index("issues_by_short_id").on(table.shortId),
      // One for each column that filters name most, followed by the status, which is asked for with each of the others.
      // The time and the id after the status find the closed issues that are due to be dropped.
      index("issues_by_status").on(table.status, table.statusSince, table.sentryId),
      // With the facets and assignees, which are counted along it, and the id, by which statistics list issues.
      index("issues_by_project").on(
        table.projectId,
        table.status,
        table.substatus,
        table.level,
        table.priority,
        table.category,
        table.assigneeId,
        table.sentryId,
      ),
      index("issues_by_project_slug").on(table.projectSlug, table.status),
      // With all that is shown of an assignee, so that assignees are counted along it.
      index("issues_by_assignee").on(
        table.assigneeId,
        table.status,
        table.assigneeType,
        table.assigneeName,
        table.assigneeEmail,
      ),
      index("issues_by_level").on(table.level, table.status),
    ];
  },
);

/** Each project as the newest delivery that names it shows it. */
export const projects = sqliteTable(
  "projects",
  {
    sentryId: text("sentry_id").primaryKey(),
    slug: text("slug").notNull(),
    name: text("name").notNull(),
    platform: text("platform"),
    /** When the delivery that showed this was sent. */
    shownAt: integer("shown_at").notNull(),
  },
  (table) => [index("projects_by_slug").on(table.slug, table.sentryId)],
);

/** What the store remembers of itself, by name: see `store/meta.ts`. */
export const meta = sqliteTable("meta", {
  name: text("name").primaryKey(),
  value: text("value").notNull(),
});

/** Who may read: see `domain/token.ts`. A revoked token's row is gone. */
export const tokens = sqliteTable("tokens", {
  name: text("name").primaryKey(),
  sha256: blob("sha256", { mode: "buffer" }).notNull().unique(),
  scope: text("scope").$type<TokenScope>().notNull(),
  /** Sentry's ids as JSON; null for all projects. */
  projects: text("projects"),
  createdAt: integer("created_at").notNull(),
  expiresAt: integer("expires_at"),
});
