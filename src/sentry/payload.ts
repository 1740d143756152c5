import type { Claim, IssueReading, Reading } from "../domain/delivery.ts";
import { stateOf, type JsonObject } from "../domain/issue.ts";
import { microsecondsOf } from "./dates.ts";
import { isDeeperThan } from "./depth.ts";
import { readIssue, writtenOf } from "./issue-object.ts";
import { countOf } from "./numbers.ts";
import { isObject } from "./objects.ts";
import { actorOf, assigneeOf, userOf } from "./people.ts";
import { snapshotHashOf } from "./snapshot-hash.ts";
import { textOf, wordOf } from "./text.ts";

/** The reading of a signed body, with further columns of its delivery's row. */
export type Payload = {
  readonly reading: Reading;
  /** Null if the body is about something else, or cannot be read. */
  readonly resource: "issue" | "activity_alert" | null;
  readonly action: string | null;
  readonly installationId: string | null;
};

/** Lists and objects that nest deeper are not read. Nothing of Sentry's comes near, and recursion is bounded. */
const maxDepth = 500;

/** The documentation says `archived`; current versions send `ignored`. */
const claimOfAction: ReadonlyMap<string, Claim> = new Map([
  ["created", "unresolved"],
  ["unresolved", "unresolved"],
  ["resolved", "resolved"],
  ["ignored", "ignored"],
  ["archived", "ignored"],
]);

const claimOfActivity: ReadonlyMap<string, Claim> = new Map([
  ["status_unresolved", "unresolved"],
  ["status_regression", "unresolved"],
  ["status_escalating", "unresolved"],
  ["status_ignored", "ignored"],
]);

/** Reads one signed body. Never throws: whatever Sentry sends is data, not an error. */
export function readBody(bytes: Uint8Array): Reading {
  return readPayload(bytes).reading;
}

/**
 * As `readBody`, with further columns of the delivery's row.
 *
 * | reading     | the body                                                                             |
 * | ----------- | ------------------------------------------------------------------------------------ |
 * | issue       | has an `action` and a `data.issue` with a usable id, whatever else is in it          |
 * | ignored     | has an `action`, and a `data` object that is not empty but has no `issue`            |
 * | quarantined | everything else                                                                      |
 *
 * Headers are not used: they are not signed.
 */
export function readPayload(bytes: Uint8Array): Payload {
  const body = parse(bytes);
  if (typeof body === "string") {
    return { reading: quarantined(body), resource: null, action: null, installationId: null };
  }
  const action = wordOf(body["action"]);
  const installation = isObject(body["installation"]) ? wordOf(body["installation"]["uuid"]) : null;
  const installationId = installation !== null && installation.length <= 64 ? installation : null;
  const data = body["data"];
  if (!isObject(data) || !("issue" in data)) {
    return { reading: readOther(action, data), resource: null, action, installationId };
  }
  return {
    reading: readAboutIssue(action, data, body["actor"]),
    resource: isObject(data["activity"]) ? "activity_alert" : "issue",
    action,
    installationId,
  };
}

/** Throws on bytes that are not UTF-8, instead of replacing them. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The body's JSON object, or a text that says why there is none. */
function parse(bytes: Uint8Array): JsonObject | string {
  // Checked first: `JSON.parse` takes half a second for a million levels, and Sentry waits for one second.
  if (isDeeperThan(maxDepth, bytes)) return `nested deeper than ${maxDepth}`;
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    return error instanceof TypeError ? "not UTF-8" : "not JSON";
  }
  return isObject(json) ? json : "not a JSON object";
}

function readOther(action: string | null, data: unknown): Reading {
  if (action === null) return quarantined("no action");
  if (!isObject(data)) return quarantined("no data object");
  const keys = Object.keys(data);
  if (keys.length === 0) return quarantined("data is empty");
  return { is: "ignored", reason: `not about an issue: data has ${shortListOf(keys)}` };
}

function readAboutIssue(action: string | null, data: JsonObject, actor: unknown): Reading {
  if (action === null) return quarantined("no action");
  if (!isObject(data["issue"])) return quarantined("data.issue is not an object");
  const told = isObject(data["activity"])
    ? readActivity(data["activity"], action, actor)
    : {
        resource: "issue" as const,
        action,
        claim: claimOfAction.get(action) ?? null,
        actor: actorOf(actor),
      };
  const object = readIssue(data["issue"], told.claim);
  if (object === null) return quarantined("data.issue has no usable id");

  const { sentryId, fields } = object;
  const written = writtenOf(object);
  // `data.assignee` has the account's name, which may be empty; the snapshot has what Sentry then shows instead.
  const isAssigned = told.resource === "issue" && action === "assigned";
  const assigned = isAssigned ? assigneeOf(data["assignee"], fields.assignee) : null;
  const issue: IssueReading = {
    ...told,
    state: stateOf(fields.statusRaw, fields.substatusRaw),
    lastSeen: microsecondsOf(data["issue"]["lastSeen"]),
    count: countOf(data["issue"]["count"]),
    assignee: assigned ?? fields.assignee,
    snapshotHash: snapshotHashOf(data["issue"], fields.statusRaw),
    resolutionType: textOf(data["resolution_type"]),
    snapshot: { sentryId, fields, written },
  };
  return { is: "issue", issue };
}

/** Reads an `activity_alert`. Its own action is always `triggered`, and its own actor the alert's. */
function readActivity(
  activity: JsonObject,
  action: string,
  actor: unknown,
): Pick<IssueReading, "resource" | "action" | "claim" | "actor"> {
  const type = wordOf(activity["type"]);
  const details = activity["details"];
  return {
    resource: "activity",
    action: type ?? action,
    // There are status_resolved_in_release, …_by_age, …_in_commit, and there may be more.
    claim: type?.startsWith("status_resolved") ? "resolved" : (claimOfActivity.get(type ?? "") ?? null),
    actor: (isObject(details) ? userOf(details["user"]) : null) ?? actorOf(actor),
  };
}

function quarantined(reason: string): Reading {
  return { is: "quarantined", reason };
}

const maxKeys = 5;

/** Lists the first few keys. A key that does not look like a field's name is not shown. */
function shortListOf(keys: readonly string[]): string {
  const named = keys.slice(0, maxKeys).map((key) => (/^[\w.-]{1,40}$/.test(key) ? key : "(unprintable)"));
  return named.join(", ") + (keys.length > maxKeys ? ` and ${keys.length - maxKeys} more` : "");
}
