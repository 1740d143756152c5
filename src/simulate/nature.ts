import { createFiller, type FaultTemplate } from "./fault.ts";
import { float, quoted, quotedOrNull } from "./python.ts";
import type { Random } from "./random.ts";
import type { Project } from "./world.ts";

export type Priority = "low" | "medium" | "high";

/** The parts of an issue that never change, with their JSON. */
export type Nature = {
  /** Sentry sends `created` for it. */
  readonly isAnnounced: boolean;
  /** A monitor or a detector found it, and resolves and reopens it without an issue webhook. */
  readonly isWatched: boolean;
  readonly eventsPerDay: number;
  readonly usersPerEvent: number;
  readonly priority: Priority;
  readonly title: string;
  readonly culprit: string;
  /** JSON of `data.issue`: up to `status`, `isPublic` to `metadata`, type and category, the scores to `count`. */
  readonly head: string;
  readonly middle: string;
  readonly kind: string;
  readonly tail: string;
};

type Identity = { readonly project: Project; readonly id: string; readonly shortId: string };

/** Creates one issue's nature from a template. */
export function createNature(template: FaultTemplate, identity: Identity, random: Random): Nature {
  const fill = createFiller(random);
  const { sdkJson } = identity.project;
  switch (template.is) {
    case "exception": {
      const level = template.level ?? "error";
      const isHandled = template.isHandled ?? false;
      const priority = level === "warning" ? "low" : isHandled ? "medium" : "high";
      const value = fill(template.value);
      const metadata =
        `{"value":${quoted(value)},"type":${quoted(template.type)},"filename":${quoted(fill(template.filename))}` +
        `,"function":${quoted(template.function)},"in_app_frame_mix":"${random.pick(frameMixes)}","sdk":${sdkJson}` +
        `,${severityOf(level, random)},"initial_priority":${initialPriority[priority]}}`;
      return printed(
        identity,
        {
          title: `${template.type}: ${(value.split("\n")[0] ?? "").slice(0, 100)}`,
          culprit: fill(template.culprit),
          logger: template.logger ?? null,
          level,
          type: "error",
          metadata,
          issueType: "error",
          category: "error",
          isUnhandled: !isHandled,
          priority,
          isAnnounced: true,
          isWatched: false,
          eventsPerDay: random.logUniform(0.5, 5_000),
          usersPerEvent: random.between(0.05, 0.9),
        },
        random,
      );
    }
    case "message": {
      const { level, logger } = template;
      const priority = level === "fatal" ? "high" : level === "error" ? "medium" : "low";
      const title = fill(template.title);
      const metadata =
        `{"title":${quoted(title)},"sdk":${sdkJson},${severityOf(level, random)}` +
        `,"initial_priority":${initialPriority[priority]}}`;
      return printed(
        identity,
        {
          title,
          culprit: fill(template.culprit),
          logger,
          level,
          type: "default",
          metadata,
          issueType: "error",
          category: "error",
          isUnhandled: false,
          priority,
          isAnnounced: true,
          isWatched: false,
          eventsPerDay: random.logUniform(0.3, 400),
          usersPerEvent: random.chance(0.5) ? 0 : random.between(0.1, 0.5),
        },
        random,
      );
    }
    case "outage": {
      const title = fill(template.title);
      return printed(
        identity,
        {
          title,
          culprit: template.culprit,
          logger: null,
          level: template.issueType === "monitor_check_in_failure" ? "warning" : "error",
          type: "generic",
          metadata: `{"title":${quoted(title)},"value":${quoted(fill(template.value))},"initial_priority":75}`,
          issueType: template.issueType,
          category: "outage",
          isUnhandled: false,
          priority: "high",
          isAnnounced: true,
          isWatched: true,
          eventsPerDay: random.logUniform(1, 50),
          usersPerEvent: 0,
        },
        random,
      );
    }
    case "detected": {
      const title = fill(template.title);
      return printed(
        identity,
        {
          title,
          culprit: fill(template.culprit),
          logger: null,
          level: "info",
          type: "generic",
          metadata: `{"title":${quoted(title)},"value":${quoted(fill(template.value))},"initial_priority":25}`,
          issueType: template.issueType,
          category: template.category,
          isUnhandled: false,
          priority: "low",
          isAnnounced: false,
          isWatched: template.category === "metric",
          eventsPerDay: random.logUniform(1, 300),
          usersPerEvent: random.between(0.05, 0.9),
        },
        random,
      );
    }
    case "feedback": {
      const message = fill(template.message);
      const metadata =
        `{"title":"User Feedback","value":${quoted(message.split("\n")[0] ?? "")}` +
        `,"contact_email":${quoted(template.email)},"message":${quoted(message)},"name":${quoted(template.name)}` +
        `,"source":"new_feedback_envelope","sdk":${sdkJson},"initial_priority":50}`;
      return printed(
        identity,
        {
          title: "User Feedback",
          culprit: "",
          logger: null,
          level: "info",
          type: "generic",
          metadata,
          issueType: "feedback",
          category: "feedback",
          isUnhandled: false,
          priority: "medium",
          isAnnounced: true,
          isWatched: false,
          // Every feedback is an issue of its own.
          eventsPerDay: 0,
          usersPerEvent: 1,
        },
        random,
      );
    }
  }
}

type NatureWords = Omit<Nature, "head" | "middle" | "kind" | "tail"> & {
  readonly logger: string | null;
  readonly level: string;
  readonly type: string;
  /** JSON. */
  readonly metadata: string;
  readonly issueType: string;
  readonly category: string;
  readonly isUnhandled: boolean;
};

function printed({ project, id, shortId }: Identity, words: NatureWords, random: Random): Nature {
  const seerScore = random.chance(0.2) ? float(random.next()) : null;
  const { logger, level, type, metadata, issueType, category, isUnhandled, ...nature } = words;
  const { slug } = project.organization;
  const page = `https://${slug}.sentry.io/issues/`;
  return {
    ...nature,
    head:
      `{"url":"https://sentry.io/api/0/organizations/${slug}/issues/${id}/","web_url":"${page}${id}/"` +
      `,"project_url":"${page}?project=${project.id}","id":"${id}","shareId":null,"shortId":"${shortId}"` +
      `,"title":${quoted(nature.title)},"culprit":${quoted(nature.culprit)},"permalink":"${page}${id}/"` +
      `,"logger":${quotedOrNull(logger)},"level":"${level}","status":`,
    middle:
      `,"isPublic":false,"platform":"${project.platform}","project":${project.json},"type":"${type}"` +
      `,"metadata":${metadata},"numComments":`,
    kind: `,"issueType":"${issueType}","issueCategory":"${category}","priority":`,
    tail:
      `,"seerFixabilityScore":${seerScore},"seerAutofixLastTriggered":null` +
      `,"seerExplorerAutofixLastTriggered":null,"isUnhandled":${isUnhandled},"count":"`,
  };
}

const frameMixes = ["mixed", "in-app-only", "mixed", "system-only"] as const;

const initialPriority: Readonly<Record<Priority, number>> = { low: 25, medium: 50, high: 75 };

type Level = "debug" | "info" | "warning" | "error" | "fatal";

function severityOf(level: Level, random: Random): string {
  switch (level) {
    case "fatal":
      return `"severity":1.0,"severity_reason":"log_level_fatal"`;
    case "error":
    case "warning":
      // The model's certainty, seldom very small.
      return `"severity":${float(random.chance(0.05) ? 4.2e-5 : Math.round(random.next() * 10_000) / 10_000)},"severity_reason":"ml"`;
    case "info":
    case "debug":
      return `"severity":0.0,"severity_reason":"log_level_info"`;
  }
}
