import { useEffect, useState } from "preact/hooks";
import { ask, mayPass } from "./ask.ts";
import { assigneeChoices, assigneeNamed, projectChoices } from "./operations/choices.ts";
import type { Assignee, Project } from "./operations/shapes.ts";
import { assigneeFilter, assigneeKey } from "./place.ts";
import { sleep } from "./until.ts";

/** What there is to filter by. */
export type Choices = {
  /** By their slugs, which two may have, one after the other. */
  readonly projects: readonly Project[];
  /** Those with the most issues, and who is chosen. */
  readonly assignees: readonly Assignee[];
};

/** How long to wait before asking again, after the choices could not be read. */
const retryMs = 3_000;

/** Choices younger than this are not read again when somebody is about to choose. */
const freshMs = 2_000;

type Page = { readonly hasNextPage: boolean; readonly endCursor: string | null };

/** More than anybody looks through. */
const mostProjects = 1_000;

/**
 * Projects and assignees; null until they are there, and while they cannot be had: the list says why. `refresh` reads
 * them again where they are not of just now; those that were there stay meanwhile.
 *
 * @param assignee the key of who is chosen, as `assigneeKey` makes it; null for nobody in particular.
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

/** Tries again while the gateway cannot be reached. */
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
