import { useLayoutEffect } from "preact/hooks";

/**
 * Calls `find` if a render of this component has removed the focused element: otherwise the keyboard would start from
 * the top of the page. Called before the paint, so that no key goes astray.
 */
export function useLostFocus(find: (had: Element) => void): void {
  const had = document.activeElement;
  useLayoutEffect(() => {
    if (had !== null && !had.isConnected && document.activeElement === document.body) find(had);
  });
}

/** Focuses the heading of the view, or the whole view while it has no heading. */
export function focusHeading(): void {
  (document.getElementById("heading") ?? document.getElementById("main"))?.focus({ preventScroll: true });
}

/** The links of the issues in the list, from top to bottom, and the index of the focused one; -1 if none is. */
export function issueLinks(): { readonly links: readonly HTMLElement[]; readonly at: number } {
  const links = [...document.querySelectorAll<HTMLElement>("table.issues a.title")];
  return { links, at: links.findIndex((link) => link === document.activeElement) };
}

/** Focuses the issue with this Sentry id in the list; the heading if it is not listed. */
export function focusIssue(sentryId: string): void {
  const link = issueLinks().links.find((one) => one.closest("tr")?.dataset["issue"] === sentryId);
  if (link === undefined) focusHeading();
  else link.focus();
}
