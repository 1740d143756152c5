import { useEffect, useState } from "preact/hooks";
import { ask } from "./ask.ts";
import type { Connection } from "./connection.ts";
import { html } from "./html.ts";
import { keepTrying } from "./keep-trying.ts";
import { projectOfSlug } from "./operations/choices.ts";
import { isProjectId, type Navigation, type Place } from "./place.ts";
import { Skeleton } from "./skeleton.ts";

/**
 * Shows `children` once the place's project is known by its id. Where the address has a slug, that is looked up, and the
 * address then has the id: not all issues of a project that was renamed show the same slug. A slug that nothing has stays.
 */
export function ProjectFinder({
  navigation,
  place,
  connection,
  children,
}: {
  readonly navigation: Navigation;
  readonly place: Place;
  readonly connection: Connection;
  readonly children?: unknown;
}) {
  const slug = place.project === null || isProjectId(place.project) ? null : place.project;
  const [unknown, setUnknown] = useState<string | null>(null);
  useEffect(() => {
    if (slug === null) return;
    const stop = new AbortController();
    const { signal } = stop;
    const find = async () => {
      connection.connecting();
      const { project, issues } = await ask(projectOfSlug, { slug }, signal);
      const found = project ?? issues.nodes[0]?.project ?? null;
      if (found === null) setUnknown(slug);
      else navigation.go({ project: found.sentryId }, "replacing");
    };
    // The list then says what is wrong.
    keepTrying(find, { connection, signal, failed: () => setUnknown(slug) });
    return () => stop.abort();
  }, [slug]);
  if (slug !== null && slug !== unknown)
    return html`<${Skeleton} text="Loading the project" tall=${1} rows=${2} />`;
  return children;
}
