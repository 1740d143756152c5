import type { LogEntry } from "../../domain/event.ts";
import { maySeeProject, type Viewer } from "../../domain/viewer.ts";

/**
 * What a viewer may know of an entry that moves an issue out of the projects that they see: the issue as they last knew
 * it, and an event that says only when something happened. Every other entry is returned as it is.
 */
export function withheld(entry: LogEntry, viewer: Viewer): LogEntry {
  const { before, after, event } = entry;
  if (before === null || maySeeProject(viewer, after.fields.project?.sentryId ?? null)) return entry;
  return {
    before,
    after: before,
    event: {
      ...event,
      // The usual id also has the event's role, which tells of an inferred change just as `source` does.
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
