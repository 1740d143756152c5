import { textOf } from "./text.ts";

/** An http or https URL as sent; null for anything else, such as `javascript:` and relative URLs. */
export function urlOf(value: unknown): string | null {
  const text = textOf(value);
  // The class excludes what a browser would drop or encode, so that the text is the URL.
  return text !== null && /^https?:\/\/[^\s\p{Cc}<>"\\]+$/iu.test(text) && URL.canParse(text) ? text : null;
}

/** Hosts of sentry.io that are regions or Sentry's own, not organisations. */
const otherHosts = new Set(["www", "us", "de", "docs", "status", "blog"]);

/**
 * The slug of the organisation in one issue's links; null if none has it.
 *
 * A link's path can have it wherever Sentry runs (`/organizations/<slug>/`); on sentry.io the host can too.
 */
export function organizationIn(links: readonly (string | null)[]): string | null {
  const given = links.filter((link) => link !== null);
  for (const link of given) {
    const slug = /\/organizations\/([a-z0-9][\w-]{0,63})(?:\/|$)/i.exec(link.split(/[?#]/, 1)[0]!)?.[1];
    if (slug !== undefined) return slug;
  }
  for (const link of given) {
    const slug = /^https?:\/\/([a-z0-9][a-z0-9-]{0,62})\.sentry\.io(?:[/:?#]|$)/i.exec(link)?.[1];
    if (slug !== undefined && !otherHosts.has(slug.toLowerCase())) return slug.toLowerCase();
  }
  return null;
}
