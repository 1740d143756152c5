import { html } from "./html.ts";

/**
 * A message in place of content: what is missing, why, and in `children` what to do. A failure is announced by screen
 * readers. By default it offers to reload the page, which an updated gateway may have changed.
 */
export function Notice({
  title,
  heading = "h2",
  message,
  isFailure = false,
  children = isFailure &&
    html`<button type="button" onClick=${() => location.reload()}>Load the page again</button>`,
}: {
  readonly title: string;
  /** `h1` if the page has no other heading. */
  readonly heading?: "h1" | "h2";
  readonly message: string;
  readonly isFailure?: boolean;
  readonly children?: unknown;
}) {
  return html`<div class="notice" role=${isFailure ? "alert" : undefined}>
    <${heading}>${title}<//>
    <p>${message}</p>
    ${children}
  </div>`;
}
