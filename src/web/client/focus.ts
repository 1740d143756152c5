import { useLayoutEffect } from "preact/hooks";

/**
 * Calls `find` where a rendering of this component has taken away what had the focus: a keyboard would begin at the top of
 * the page again. Before it is painted, so that no key goes astray.
 */
export function useLostFocus(find: (had: Element) => void): void {
  const had = document.activeElement;
  useLayoutEffect(() => {
    if (had !== null && !had.isConnected && document.activeElement === document.body) find(had);
  });
}

/** Focuses the heading of what is shown, or, before it has one, all of it. */
export function focusHeading(): void {
  (document.getElementById("heading") ?? document.getElementById("main"))?.focus({ preventScroll: true });
}

/** The links of the issues in the list, from top to bottom, and which of them has the focus; -1 where none has. */
export function issueLinks(): { readonly links: readonly HTMLElement[]; readonly at: number } {
  const links = [...document.querySelectorAll<HTMLElement>("table.issues a.title")];
  return { links, at: links.findIndex((link) => link === document.activeElement) };
}

/** Focuses an issue in the list, by Sentry's id; the heading where it is not there. */
export function focusIssue(sentryId: string): void {
  const link = issueLinks().links.find((one) => one.closest("tr")?.dataset["issue"] === sentryId);
  if (link === undefined) focusHeading();
  else link.focus();
}
