import {
  unknownDetails,
  type IssueDetails,
  type IssueFields,
  type JsonObject,
  type Project,
  type Snapshot,
} from "../domain/issue.ts";
import { annotationsOf } from "./annotations.ts";
import { millisecondsOf } from "./dates.ts";
import { organizationIn, urlOf } from "./links.ts";
import { countOf, floatOf, int32Of } from "./numbers.ts";
import { isObject, openMapOf } from "./objects.ts";
import { assigneeOf } from "./people.ts";
import { idOf, notTooLong, textOf, wordOf } from "./text.ts";

/** Sentry's issue object, read. */
type IssueObject = {
  readonly sentryId: string;
  readonly fields: IssueFields;
  readonly details: IssueDetails;
};

/**
 * Reads Sentry's issue object; null if it has no usable id. Any other field that is absent, too long or of an
 * unexpected type is null, or its type's empty value. The raw body keeps what was sent.
 *
 * `assertedStatus` is the status of an issue that shows none.
 * Source: getsentry/sentry, api/serializers/models/group.py
 */
export function readIssue(issue: JsonObject, assertedStatus: string | null): IssueObject | null {
  const sentryId = idOf(issue["id"]);
  if (sentryId === null) return null;

  const metadata = openMapOf(issue["metadata"]);
  const permalink = urlOf(issue["permalink"]);
  const apiUrl = urlOf(issue["url"]);
  // Activity alerts first had camel case, in June 2026.
  const webUrl = urlOf(issue["web_url"]) ?? urlOf(issue["webUrl"]) ?? permalink;
  const projectUrl = urlOf(issue["project_url"]) ?? urlOf(issue["projectUrl"]);
  return {
    sentryId,
    fields: {
      shortId: notTooLong(wordOf(issue["shortId"])),
      title: textOf(issue["title"]) ?? titleIn(metadata),
      culprit: textOf(issue["culprit"]),
      statusRaw: notTooLong(wordOf(issue["status"])) ?? assertedStatus ?? "",
      substatusRaw: notTooLong(wordOf(issue["substatus"])),
      statusDetails: openMapOf(issue["statusDetails"]),
      levelRaw: notTooLong(textOf(issue["level"])),
      priorityRaw: notTooLong(textOf(issue["priority"])),
      category: notTooLong(textOf(issue["issueCategory"])),
      issueType: textOf(issue["issueType"]),
      platform: textOf(issue["platform"]),
      project: projectOf(issue["project"]),
      assignee: assigneeOf(issue["assignedTo"]),
      isUnhandled: typeof issue["isUnhandled"] === "boolean" ? issue["isUnhandled"] : null,
      count: countOf(issue["count"]) ?? 0,
      userCount: countOf(issue["userCount"]) ?? 0,
      firstSeen: millisecondsOf(issue["firstSeen"]),
      lastSeen: millisecondsOf(issue["lastSeen"]),
    },
    details: {
      type: textOf(issue["type"]),
      logger: textOf(issue["logger"]),
      organization: organizationIn([apiUrl, webUrl, projectUrl, permalink]),
      metadata,
      annotations: annotationsOf(issue["annotations"]),
      numComments: int32Of(issue["numComments"]) ?? 0,
      isPublic: issue["isPublic"] === true,
      shareId: textOf(issue["shareId"]),
      priorityLockedAt: millisecondsOf(issue["priorityLockedAt"]),
      seerFixabilityScore: floatOf(issue["seerFixabilityScore"]),
      seerAutofixLastTriggered: millisecondsOf(issue["seerAutofixLastTriggered"]),
      webUrl,
      apiUrl,
      projectUrl,
      permalink,
    },
  };
}

/** The issue object as JSON, to be passed on and stored. */
export function writtenOf({ fields, details }: Pick<IssueObject, "fields" | "details">): Snapshot["written"] {
  return { fields: JSON.stringify(fields), details: JSON.stringify(withoutUnknown(details)) };
}

/** Leaves out what `unknownDetails` has: most issues have few details, and every issue's row has the text. */
function withoutUnknown(details: IssueDetails): Partial<IssueDetails> {
  const known: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(details)) {
    const isEmpty = Array.isArray(value) && value.length === 0;
    if (!isEmpty && value !== unknownDetails[name as keyof IssueDetails]) known[name] = value;
  }
  return known;
}

/** The title as Sentry builds it from the metadata. */
function titleIn(metadata: JsonObject): string {
  const title = textOf(metadata["title"]);
  if (title !== null) return title;
  return [wordOf(metadata["type"]), wordOf(metadata["value"])].filter((part) => part !== null).join(": ");
}

function projectOf(value: unknown): Project | null {
  if (!isObject(value)) return null;
  const sentryId = idOf(value["id"]);
  if (sentryId === null) return null;
  const slug = notTooLong(wordOf(value["slug"])) ?? sentryId;
  return { sentryId, slug, name: wordOf(value["name"]) ?? slug, platform: textOf(value["platform"]) };
}
