import { printedState, type Resolution, type SimulatedIssue } from "./issue.ts";
import { isoformat, quoted, zulu } from "./python.ts";
import type { Random } from "./random.ts";
import type { Announcement } from "./step.ts";
import type { Actor, Organization, Project } from "./world.ts";

/**
 * The body of a webhook about the issue as it is now, key by key in Sentry's order. Strings are concatenated by hand:
 * `JSON.stringify` of the objects takes four times as long.
 */
export function bodyOf(
  announcement: Announcement,
  issue: SimulatedIssue,
  nowUs: number,
  random: Random,
): string {
  const { organization } = issue.project;
  switch (announcement.is) {
    case "created":
      return body(
        "created",
        organization,
        `"issue":${issueJson(issue, nowUs, isoformat)}`,
        organization.sentry,
      );
    case "assigned": {
      const assignee = announcement.to.assigneeJson;
      return body(
        "assigned",
        organization,
        `"assignee":${assignee},"issue":${issueJson(issue, nowUs, zulu)}`,
        announcement.by,
      );
    }
    case "resolved": {
      const type = announcement.resolutionType;
      return body(
        "resolved",
        organization,
        `"resolution_type":"${type}","issue":${issueJson(issue, nowUs, zulu)}`,
        announcement.by,
      );
    }
    case "archived":
      return body(
        organization.archiveAction,
        organization,
        `"issue":${issueJson(issue, nowUs, zulu)}`,
        announcement.by,
      );
    case "unresolved":
      return body("unresolved", organization, `"issue":${issueJson(issue, nowUs, zulu)}`, announcement.by);
    case "activity": {
      const { type, by } = announcement;
      const activity = `"activity":{"type":"${type}","details":${by.detailsJson}}`;
      return body(
        "triggered",
        organization,
        `"issue":${issueJson(issue, nowUs, zulu)},${activity},"alert":${organization.alertJson}`,
        organization.sentry,
      );
    }
    case "comment": {
      const comment =
        `"comment_id":${100_000 + random.below(900_000)},"issue_id":${issue.id},"project_slug":"${issue.project.slug}"` +
        `,"timestamp":"${isoformat(nowUs)}","comment":${quoted(random.pick(comments))}`;
      return body(announcement.action, organization, comment, announcement.by);
    }
    case "error":
      return body("created", organization, `"error":${errorJson(issue, random)}`, organization.sentry);
  }
}

/** The body about an organisation that has just installed the integration. */
export function installationBody(organization: Organization, by: Actor, code: string): string {
  const installation =
    `"installation":{"app":{"uuid":"8d5a1f3c-7b20-4e9d-bb6a-04f3c9d71e58","slug":"tidewater-status"}` +
    `,"organization":{"slug":"${organization.slug}"},"uuid":"${organization.installationId}","code":"${code}"` +
    `,"status":"installed"}`;
  return body("created", organization, installation, by);
}

function body(action: string, { installationJson }: Organization, data: string, actor: Actor): string {
  return `{"action":"${action}","installation":${installationJson},"data":{${data}},"actor":${actor.actorJson}}`;
}

function issueJson(issue: SimulatedIssue, nowUs: number, time: (microseconds: number) => string): string {
  const { nature, assignee, ticket, priorityLockedUs } = issue;
  const { status, substatus } = printedState(issue, nowUs);
  const annotations =
    ticket === null ? "[]" : `[{"displayName":"${ticket}","url":"${ticketUrl(ticket, issue.project)}"}]`;
  return (
    `${nature.head}"${status}","statusDetails":${statusDetails(issue, status)}` +
    `,"substatus":${substatus === null ? "null" : `"${substatus}"`}${nature.middle}${issue.comments}` +
    `,"assignedTo":${assignee === null ? "null" : assignee.assignedToJson}` +
    `,"isBookmarked":false,"isSubscribed":false,"subscriptionDetails":null,"hasSeen":false,"annotations":${annotations}` +
    `${nature.kind}"${issue.priority}","priorityLockedAt":${priorityLockedUs === null ? "null" : `"${time(priorityLockedUs)}"`}` +
    `${nature.tail}${issue.count}","userCount":${issue.users},"firstSeen":"${time(issue.firstSeenUs)}"` +
    `,"lastSeen":"${time(issue.lastSeenUs)}"}`
  );
}

function statusDetails({ condition, count, project }: SimulatedIssue, status: string): string {
  switch (condition.is) {
    case "unresolved":
      return "{}";
    case "resolved":
      return resolutionJson(condition.how, condition.by, condition.atUs, project);
    case "archived": {
      // A snooze that is over has no details left.
      if (status !== "ignored") return "{}";
      const { until, by, atUs } = condition;
      switch (until.is) {
        case "escalating":
        case "forever":
          return "{}";
        case "events": {
          // Without a window it is what is left of the limit.
          const left = until.window === null ? condition.count + until.limit - count : until.limit;
          return (
            `{"ignoreCount":${left},"ignoreUntil":null,"ignoreUserCount":null,"ignoreUserWindow":null` +
            `,"ignoreWindow":${until.window},"actor":${by.userJson}}`
          );
        }
        case "users":
          return (
            `{"ignoreCount":null,"ignoreUntil":null,"ignoreUserCount":${until.limit}` +
            `,"ignoreUserWindow":${until.window},"ignoreWindow":null,"actor":${by.userJson}}`
          );
        case "time":
          return (
            `{"ignoreCount":null,"ignoreUntil":"${zulu(atUs + until.ms * 1000)}","ignoreUserCount":null` +
            `,"ignoreUserWindow":null,"ignoreWindow":null,"actor":${by.userJson}}`
          );
      }
    }
  }
}

function resolutionJson(how: Resolution, by: Actor, atUs: number, project: Project): string {
  switch (how.is) {
    case "now":
    case "autoresolve":
    case "jira":
    case "github":
    case "recovery":
      return "{}";
    case "in_release":
      return `{"inRelease":"${how.release}","actor":${by.userJson}}`;
    case "with_commit":
      return `{"inRelease":"${how.release}","actor":null}`;
    case "in_next_release":
      return how.release === null
        ? `{"inNextRelease":true,"actor":${by.userJson}}`
        : `{"inRelease":"${how.release}","actor":${by.userJson}}`;
    case "in_upcoming_release":
      return `{"actor":${by.userJson}}`;
    case "in_commit":
      return `{"inCommit":${commitJson(how.sha, atUs, project)}}`;
  }
}

function commitJson(sha: string, atUs: number, { repository }: Project): string {
  const twentyMinutes = 20 * 60 * 1_000_000;
  return (
    `{"id":"${sha}","message":"fix: guard against the missing value \\u2014 as agreed","dateCreated":"${zulu(atUs - twentyMinutes)}"` +
    `,"pullRequest":null,"suspectCommitType":"","repository":{"id":"551","name":"${repository}"` +
    `,"url":"https://github.com/${repository}","provider":{"id":"integrations:github","name":"GitHub"}` +
    `,"status":"active","externalSlug":"${repository}","integrationId":"3310","externalId":"998877"` +
    `,"dateCreated":"2022-01-01T00:00:00.000000Z","settings":null}` +
    `,"author":{"name":"Mateo Fuentes","email":"mateo.fuentes@tidewater.example"},"releases":[]}`
  );
}

function ticketUrl(ticket: string, { repository }: Project): string {
  return ticket.startsWith("#")
    ? `https://github.com/${repository}/issues/${ticket.slice(1)}`
    : `https://tidewater.atlassian.net/browse/${ticket}`;
}

const comments = [
  "Rolled back — watching",
  "Same stack as last week, only the caller differs",
  "@amara can you have a look? Happens on every deploy",
  "Läuft wieder, war der Cache",
  "Fix is in review 🙏",
] as const;

function errorJson(issue: SimulatedIssue, random: Random): string {
  const { project, nature, id } = issue;
  const { slug } = project.organization;
  const eventId = random.hex32();
  const title = quoted(nature.title);
  const [type = "", ...value] = nature.title.split(": ");
  const exception = `"type":${quoted(type)},"value":${quoted(value.join(": "))}`;
  const frames = Array.from({ length: 12 }, (_, depth) => {
    const isOurs = depth % 3 === 0;
    return (
      `{"filename":"src/${project.slug}/f${depth}","function":"f${depth}","lineno":${10 + random.below(400)}` +
      `,"colno":${1 + random.below(80)},"in_app":${isOurs},"context_line":"    return step(${depth})"` +
      `,"pre_context":["",""],"post_context":[""]}`
    );
  });
  return (
    `{"event_id":"${eventId}","project":${project.id},"release":"${project.slug}@4.18.0","dist":null,"platform":"${project.platform}"` +
    `,"message":"","datetime":"${zulu(issue.lastSeenUs)}","tags":[["environment","production"],["level","error"]]` +
    `,"culprit":${quoted(nature.culprit)},"title":${title},"type":"error","metadata":{${exception}}` +
    `,"exception":{"values":[{${exception},"stacktrace":{"frames":[${frames.join(",")}]}` +
    `,"mechanism":{"type":"generic","handled":false}}]}` +
    `,"url":"https://sentry.io/api/0/projects/${slug}/${project.slug}/events/${eventId}/"` +
    `,"web_url":"https://${slug}.sentry.io/issues/${id}/events/${eventId}/"` +
    `,"issue_url":"https://sentry.io/api/0/organizations/${slug}/issues/${id}/","issue_id":"${id}"}`
  );
}
