import type { LogEntry } from "../domain/event.ts";
import { maySeeProject, type Viewer } from "../domain/viewer.ts";

/**
 * An entry that takes an issue out of the projects that the viewer may see, as far as they may know of it: the issue is
 * as they last knew it, and the event says only when something happened, not what or where to. Every other entry is
 * returned as it is.
 */
export function withheld(entry: LogEntry, viewer: Viewer): LogEntry {
  const { before, after, event } = entry;
  if (before === null || maySeeProject(viewer, after.fields.project?.sentryId ?? null)) return entry;
  return {
    before,
    after: before,
    event: {
      ...event,
      // Its role in the delivery, which the id has otherwise, tells of an inferred change of status as its source does.
      id: String(event.delivery),
      source: "REPORTED",
      occurredAfter: null,
      action: "OTHER",
      actionRaw: null,
      actor: null,
      assignee: null,
      transition: null,
      resolutionType: null,
      supersedes: null,
      supersededBy: null,
    },
  };
}
