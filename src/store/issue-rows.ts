import { fold } from "../domain/fold.ts";
import {
  priorityRankOf,
  type Issue,
  type IssueFields,
  type Project,
  type Snapshot,
} from "../domain/issue.ts";
import type { DeliveryRow } from "./delivery-rows.ts";
import { assigneeIn } from "./person-text.ts";
import type { issues } from "./tables/sqlite.ts";

/** Rows of issues, as both databases read and write them, and what they mean. */

export type IssueRow = typeof issues.$inferSelect;

/** What an issue shows: a snapshot, and the delivery that it came in. */
export type Shown = { readonly delivery: number; readonly snapshot: Pick<Snapshot, "fields" | "written"> };

/** The columns that follow from what an issue shows. */
type ShownColumns = Omit<IssueRow, "id" | "sentryId" | "status" | "substatus" | "statusSince" | "lastSeq">;

/** The project that an issue shows; each event of its history has it too. */
export type ShownProject = Pick<IssueRow, "projectId" | "projectSlug">;

export function shownProject({ project }: IssueFields): ShownProject {
  return { projectId: project?.sentryId ?? null, projectSlug: project?.slug ?? null };
}

/** The parts of `IssueFields` that have no column. */
type Rest = Pick<IssueFields, "statusRaw" | "substatusRaw" | "statusDetails"> & {
  readonly project: Pick<Project, "name" | "platform"> | null;
};

/** The columns that follow from the text of one other column, with that column's name. */
export const followed = {
  shortIdFolded: "shortId",
  titleFolded: "title",
  culpritFolded: "culprit",
  priorityRank: "priority",
  categoryFolded: "category",
  issueTypeFolded: "issueType",
  platformFolded: "platform",
  projectSlugFolded: "projectSlug",
  assigneeNameFolded: "assigneeName",
  assigneeEmailFolded: "assigneeEmail",
} as const satisfies Partial<Record<keyof ShownColumns, keyof ShownColumns>>;

type FollowingColumns = Pick<ShownColumns, keyof typeof followed>;
/** The columns that follow from what an issue shows, except those in `followed`. */
export type PlainColumns = Omit<ShownColumns, keyof typeof followed>;

/** For an update that may leave the other columns, which take longer to work out, as they are: see `followingColumns`. */
export function plainColumns({ delivery, snapshot }: Shown): PlainColumns {
  const { fields, written } = snapshot;
  const { project, assignee } = fields;
  const rest: Rest = {
    statusRaw: fields.statusRaw,
    substatusRaw: fields.substatusRaw,
    statusDetails: fields.statusDetails,
    project: project === null ? null : { name: project.name, platform: project.platform },
  };
  return {
    shown: delivery,
    shortId: fields.shortId,
    title: fields.title,
    culprit: fields.culprit,
    level: fields.levelRaw,
    priority: fields.priorityRaw,
    category: fields.category,
    issueType: fields.issueType,
    platform: fields.platform,
    ...shownProject(fields),
    assigneeType: assignee?.type ?? null,
    assigneeId: assignee?.sentryId ?? null,
    assigneeName: assignee?.name ?? null,
    assigneeEmail: assignee?.email ?? null,
    isUnhandled: fields.isUnhandled,
    count: fields.count,
    userCount: fields.userCount,
    firstSeen: fields.firstSeen,
    lastSeen: fields.lastSeen,
    rest: JSON.stringify(rest),
    details: written.details,
  };
}

/** For an update that changes a column named in `followed`: takes the new values, and gives what follows from them. */
export function followingColumns(plain: PlainColumns): FollowingColumns {
  return {
    shortIdFolded: folded(plain.shortId),
    titleFolded: fold(plain.title),
    culpritFolded: folded(plain.culprit),
    priorityRank: priorityRankOf(plain.priority),
    categoryFolded: folded(plain.category),
    issueTypeFolded: folded(plain.issueType),
    platformFolded: folded(plain.platform),
    projectSlugFolded: folded(plain.projectSlug),
    assigneeNameFolded: folded(plain.assigneeName),
    assigneeEmailFolded: folded(plain.assigneeEmail),
  };
}

/** Both of the above: for a row that is inserted or compared as a whole. */
export function shownColumns(shown: Shown): ShownColumns {
  const plain = plainColumns(shown);
  return { ...plain, ...followingColumns(plain) };
}

/** The columns that `issueOf` reads. */
export type IssueColumns = Omit<IssueRow, "id" | "lastSeq" | "details" | keyof typeof followed>;

/** An issue as it is now. */
export function issueOf(row: IssueColumns): Issue {
  const { project, ...rest } = restIn(row.rest);
  const { projectId, projectSlug, assigneeType, assigneeId } = row;
  return {
    sentryId: row.sentryId,
    state: { status: row.status, substatus: row.substatus },
    statusSince: row.statusSince,
    shown: row.shown,
    fields: {
      shortId: row.shortId,
      title: row.title,
      culprit: row.culprit,
      ...rest,
      levelRaw: row.level,
      priorityRaw: row.priority,
      category: row.category,
      issueType: row.issueType,
      platform: row.platform,
      project:
        project === null || projectId === null || projectSlug === null
          ? null
          : { sentryId: projectId, slug: projectSlug, ...project },
      assignee:
        assigneeType === null || assigneeId === null
          ? null
          : {
              type: assigneeType,
              sentryId: assigneeId,
              name: row.assigneeName ?? assigneeId,
              email: row.assigneeEmail,
            },
      isUnhandled: row.isUnhandled,
      count: row.count,
      userCount: row.userCount,
      firstSeen: row.firstSeen,
      lastSeen: row.lastSeen,
    },
  };
}

/**
 * A substitute for what a delivery showed of its issue, for when that is gone: the issue's present fields, with those
 * that the delivery's own row has. If the issue shows this delivery now, it is exact.
 */
export function standInFor(row: DeliveryRow, { fields, shown }: Issue): IssueFields {
  // If the delivery names no project, the issue shows the one that another delivery names.
  const project = row.namesProject === false ? null : fields.project;
  if (shown === row.id) return { ...fields, project };
  return {
    ...fields,
    project,
    statusRaw: row.shownStatus ?? fields.statusRaw,
    substatusRaw: row.shownSubstatus,
    // The details are those of the issue's status.
    statusDetails: row.shownStatus === fields.statusRaw ? fields.statusDetails : {},
    assignee: assigneeIn(row.assignee),
    count: row.count ?? 0,
    lastSeen: row.lastSeenMicros === null ? null : Math.floor(row.lastSeenMicros / 1000),
  };
}

/**
 * A cache of parsed `rest` columns: parsing takes longer than everything else in a row, and most issues of a project
 * have the same text.
 */
const rests = new Map<string, Rest>();
const mostRests = 1_000;
/** Most characters of a cached text; few are longer. */
const mostOfRest = 2_000;

function restIn(text: string): Rest {
  const known = rests.get(text);
  if (known !== undefined) return known;
  // The store wrote this text itself, from a value of this type.
  const rest = JSON.parse(text) as Rest;
  if (text.length > mostOfRest) return rest;
  if (rests.size >= mostRests) rests.clear();
  rests.set(text, rest);
  return rest;
}

function folded(text: string | null): string | null {
  return text === null ? null : fold(text);
}
