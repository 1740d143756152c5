import { sql } from "drizzle-orm";
import { bigint, boolean, customType, index, pgTable, uniqueIndex } from "drizzle-orm/pg-core";
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

/**
 * The tables as PostgreSQL keeps them. `tables/sqlite.ts` declares the same tables with the same row types, and says
 * what each column means. Here the write transaction hands out the ids of deliveries and the positions.
 */

/** Text that is compared and ordered by its bytes, as in SQLite, whatever the database's own collation is. */
const text = customType<{ data: string; driverData: string }>({ dataType: () => `text collate "C"` });

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });

/** Up to 2^53: times in milliseconds or microseconds, counts, ids and positions. */
const whole = (name: string) => bigint(name, { mode: "number" });

/** Every signed delivery, whatever it held, and the facts that histories are derived from. */
export const deliveries = pgTable(
  "deliveries",
  {
    id: whole("id").primaryKey(),
    position: whole("position").notNull(),
    receivedAt: whole("received_at").notNull(),
    sentAt: whole("sent_at").notNull(),
    resource: text("resource"),
    action: text("action"),
    requestId: text("request_id"),
    isRequestIdReused: boolean("is_request_id_reused").notNull(),
    idempotencyKey: text("idempotency_key"),
    installationId: text("installation_id"),
    outcome: text("outcome").$type<DeliveryOutcome>().notNull(),
    reason: text("reason"),
    repeatOf: whole("repeat_of"),
    sha256: bytea("sha256").notNull(),
    bytes: whole("bytes").notNull(),
    issueId: text("issue_id"),
    toldAction: text("told_action"),
    claim: text("claim").$type<Claim>(),
    shownStatus: text("shown_status"),
    shownSubstatus: text("shown_substatus"),
    lastSeenMicros: whole("last_seen_micros"),
    count: whole("count"),
    assignee: text("assignee"),
    actor: text("actor"),
    resolutionType: text("resolution_type"),
    snapshotHash: bytea("snapshot_hash"),
    namesProject: boolean("names_project"),
  },
  (table) => [
    // Serves the facts of one issue, and the list of its deliveries.
    index("deliveries_by_issue").on(table.issueId, table.id),
    // Serves repeats among deliveries that are not about issues; those about issues are found by their issue.
    index("deliveries_by_sha256")
      .on(table.sha256, table.id)
      .where(sql`issue_id is null`),
    // Serves the feed's counts.
    index("deliveries_by_received_at").on(table.receivedAt, table.outcome),
  ],
);

/** What a delivery held, unless it is in a pack. A table of its own, so that rows of `deliveries` stay small. */
export const contents = pgTable("contents", {
  delivery: whole("delivery").primaryKey(),
  fields: text("fields"),
  body: bytea("body"),
});

/** Contents of consecutive deliveries, compressed together: see `store/pack.ts`. */
export const packs = pgTable("packs", {
  first: whole("first").primaryKey(),
  last: whole("last").notNull(),
  dictionary: text("dictionary").notNull(),
  data: bytea("data").notNull(),
});

/**
 * The log. Rows are written once, except `supersededBy` and what serves statistics alone (the measures, the project).
 */
export const events = pgTable(
  "events",
  {
    seq: whole("seq").primaryKey(),
    issueId: text("issue_id").notNull(),
    previous: whole("previous"),
    delivery: whole("delivery").notNull(),
    role: text("role").$type<EventRole | typeof forgottenRole>().notNull(),
    version: whole("version").notNull(),
    place: bytea("place").notNull(),
    source: text("source").$type<EventSource>().notNull(),
    action: text("action").$type<IssueAction>().notNull(),
    actionRaw: text("action_raw"),
    actorType: text("actor_type").$type<ActorType>(),
    actorId: text("actor_id"),
    actorName: text("actor_name"),
    assignee: text("assignee"),
    kind: text("kind").$type<TransitionKind>(),
    fromStatus: text("from_status"),
    fromSubstatus: text("from_substatus"),
    toStatus: text("to_status"),
    toSubstatus: text("to_substatus"),
    occurredAt: whole("occurred_at").notNull(),
    occurredAfter: whole("occurred_after"),
    isLate: boolean("is_late").notNull(),
    supersedes: whole("supersedes"),
    supersededBy: whole("superseded_by"),
    committedAt: whole("committed_at").notNull(),
    afterStatus: text("after_status").notNull(),
    afterSubstatus: text("after_substatus"),
    afterSince: whole("after_since").notNull(),
    afterShown: whole("after_shown").notNull(),
    afterNamed: whole("after_named"),
    stayMs: whole("stay_ms"),
    resolvedAfter: text("resolved_after"),
    triagedAfterMs: whole("triaged_after_ms"),
    isUndone: boolean("is_undone").notNull(),
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
    // Serves all transitions by time, with the columns that statistics need, so that these read no rows; except
    // `resolvedAfter`, which may be longer than an index here takes.
    index("transitions_by_time")
      .on(
        table.occurredAt,
        table.seq,
        table.kind,
        table.source,
        table.fromStatus,
        table.toStatus,
        table.stayMs,
        table.isUndone,
        table.projectId,
        table.projectSlug,
        table.issueId,
      )
      .where(sql`superseded_by is null and kind is not null`),
    // Serves the time to triage.
    index("triages_by_time")
      .on(table.occurredAt, table.triagedAfterMs, table.projectId, table.projectSlug, table.issueId)
      .where(sql`superseded_by is null and triaged_after_ms is not null`),
    // Serves what an entry replaced.
    index("events_by_superseded_by")
      .on(table.supersededBy)
      .where(sql`superseded_by is not null`),
  ],
);

/** Each issue as it is now, with a column for everything that a filter or an order can name. */
export const issues = pgTable(
  "issues",
  {
    id: whole("id").primaryKey().generatedByDefaultAsIdentity(),
    sentryId: text("sentry_id").notNull().unique(),
    shown: whole("shown").notNull(),
    lastSeq: whole("last_seq").notNull(),
    shortId: text("short_id"),
    shortIdFolded: text("short_id_folded"),
    title: text("title").notNull(),
    titleFolded: text("title_folded").notNull(),
    culprit: text("culprit"),
    culpritFolded: text("culprit_folded"),
    status: text("status").notNull(),
    substatus: text("substatus"),
    statusSince: whole("status_since").notNull(),
    level: text("level"),
    priority: text("priority"),
    priorityRank: whole("priority_rank"),
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
    isUnhandled: boolean("is_unhandled"),
    count: whole("count").notNull(),
    userCount: whole("user_count").notNull(),
    firstSeen: whole("first_seen"),
    lastSeen: whole("last_seen"),
    rest: text("rest").notNull(),
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
export const projects = pgTable(
  "projects",
  {
    sentryId: text("sentry_id").primaryKey(),
    slug: text("slug").notNull(),
    name: text("name").notNull(),
    platform: text("platform"),
    shownAt: whole("shown_at").notNull(),
  },
  (table) => [index("projects_by_slug").on(table.slug, table.sentryId)],
);

/** What the store remembers of itself, by name: see `store/meta.ts`. */
export const meta = pgTable("meta", {
  name: text("name").primaryKey(),
  value: text("value").notNull(),
});

/** Who may read: see `domain/token.ts`. A revoked token's row is gone. */
export const tokens = pgTable("tokens", {
  name: text("name").primaryKey(),
  sha256: bytea("sha256").notNull().unique(),
  scope: text("scope").$type<TokenScope>().notNull(),
  projects: text("projects"),
  createdAt: whole("created_at").notNull(),
  expiresAt: whole("expires_at"),
});
