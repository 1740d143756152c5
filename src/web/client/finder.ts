import { useEffect, useState } from "preact/hooks";
import { ask } from "./ask.ts";
import type { Connection } from "./connection.ts";
import { html } from "./html.ts";
import { keepTrying } from "./keep-trying.ts";
import { projectOfSlug } from "./operations/choices.ts";
import { issueOfShortId } from "./operations/issue.ts";
import { isSentryId, type Navigation, type Place } from "./place.ts";
import { Skeleton } from "./skeleton.ts";

type FinderProps = {
  readonly navigation: Navigation;
  readonly place: Place;
  readonly connection: Connection;
  readonly children?: unknown;
};

/**
 * Shows `children` once the id of the place's project is known: after a rename, not all issues of a project show the
 * same slug.
 */
export function ProjectFinder({ place, ...props }: FinderProps) {
  const find = async (slug: string, signal: AbortSignal) => {
    const { project, issues } = await ask(projectOfSlug, { slug }, signal);
    const found = project ?? issues.nodes[0]?.project ?? null;
    return found === null ? null : { project: found.sentryId };
  };
  return html`<${Finder} ...${props} named=${place.project} find=${find} text="Loading the project" />`;
}

/** Shows `children` once the id of the place's issue is known, because issues are followed by id. */
export function IssueFinder({ place, ...props }: FinderProps) {
  const find = async (shortId: string, signal: AbortSignal) => {
    const { issue } = await ask(issueOfShortId, { shortId }, signal);
    return issue === null ? null : { issue: issue.sentryId };
  };
  return html`<${Finder} ...${props} named=${place.issue} find=${find} text="Loading the issue" />`;
}

/**
 * Shows `children` once the address has Sentry's id. A slug or short id is looked up and replaced by the id. If nothing
 * has that name, or the look-up fails, the address stays and `children` are shown.
 */
function Finder({
  navigation,
  connection,
  named,
  find,
  text,
  children,
}: Omit<FinderProps, "place"> & {
  readonly named: string | null;
  /** What changes in the address to have the id; null if nothing has this name. */
  readonly find: (name: string, signal: AbortSignal) => Promise<Partial<Place> | null>;
  readonly text: string;
}) {
  const name = named === null || isSentryId(named) ? null : named;
  const [lookedUp, setLookedUp] = useState<string | null>(null);
  useEffect(() => {
    if (name === null) return;
    const stop = new AbortController();
    const { signal } = stop;
    const lookUp = async () => {
      connection.connecting();
      const found = await find(name, signal);
      if (found !== null) navigation.go(found, "replacing");
      setLookedUp(name);
    };
    // `children` then say what is wrong.
    keepTrying(lookUp, { connection, signal, failed: () => setLookedUp(name) });
    return () => stop.abort();
  }, [name]);
  if (name !== null && name !== lookedUp) return html`<${Skeleton} text=${text} tall=${1} rows=${2} />`;
  return children;
}
