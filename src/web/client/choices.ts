import { useEffect, useState } from "preact/hooks";
import { ask, mayPass } from "./ask.ts";
import { assigneeChoices, assigneeNamed, projectChoices } from "./operations/choices.ts";
import type { Assignee, Project } from "./operations/shapes.ts";
import { assigneeFilter, assigneeKey } from "./place.ts";
import { sleep } from "./until.ts";

/** The values that can be filtered by. */
export type Choices = {
  /** Ordered by slug. Two projects may have the same one, and are then next to each other. */
  readonly projects: readonly Project[];
  /** The assignees with the most issues, and the chosen one. */
  readonly assignees: readonly Assignee[];
};

/** How long to wait before asking again, after the choices could not be read. */
const retryMs = 3_000;

/** Choices younger than this are not read again when the reader is about to choose. */
const freshMs = 2_000;

type Page = { readonly hasNextPage: boolean; readonly endCursor: string | null };

/** No more projects are read once there are this many: nobody looks through more. */
const mostProjects = 1_000;

/**
 * The projects and assignees to choose from; null until they are read. If reading fails, the list says why. `refresh`
 * reads them again unless they are younger than `freshMs`; the old ones stay meanwhile.
 *
 * @param assignee the chosen assignee's key, as `assigneeKey` makes it; null if none is chosen.
 */
export function useChoices(assignee: string | null): {
  readonly choices: Choices | null;
  readonly refresh: () => void;
} {
  const [choices, setChoices] = useState<Choices | null>(null);
  const [askedAt, setAskedAt] = useState(Date.now);
  useEffect(() => {
    const stop = new AbortController();
    readChoices(assignee, stop.signal).then(setChoices, () => {});
    return () => stop.abort();
  }, [askedAt, assignee]);
  const refresh = () => setAskedAt((before) => (Date.now() - before < freshMs ? before : Date.now()));
  return { choices, refresh };
}

/** Reads the choices, and retries while the error may pass. @throws any other error; the signal's reason. */
export async function readChoices(assignee: string | null, signal: AbortSignal): Promise<Choices> {
  for (;;) {
    try {
      const [projects, assignees] = await Promise.all([
        readProjects(signal),
        readAssignees(assignee, signal),
      ]);
      return { projects, assignees };
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
    await sleep(retryMs, signal);
  }
}

async function readProjects(signal: AbortSignal): Promise<readonly Project[]> {
  const found: Project[] = [];
  for (
    let page: Page = { hasNextPage: true, endCursor: null };
    page.hasNextPage && found.length < mostProjects;
  ) {
    const { projects } = await ask(projectChoices, { after: page.endCursor }, signal);
    found.push(...projects.nodes);
    page = projects.pageInfo;
  }
  return found;
}

async function readAssignees(chosen: string | null, signal: AbortSignal): Promise<readonly Assignee[]> {
  const { issueStats } = await ask(assigneeChoices, {}, signal);
  const found = issueStats.byAssignee.flatMap(({ assignee }) => assignee ?? []);
  if ([null, assigneeKey(null), ...found.map(assigneeKey)].includes(chosen)) return found;
  const { issues } = await ask(assigneeNamed, { assignee: assigneeFilter(chosen!) }, signal);
  return [...found, ...issues.nodes.flatMap(({ assignee }) => assignee ?? [])];
}
