import { html } from "./html.ts";

/**
 * Stands where there is nothing else to show: what that is, why, and in `children` what to do. A failure is spoken, and
 * where nothing else is to be done all is loaded anew: a gateway that was updated under the page has another one now.
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
  /** `h1` where the page has no other heading. */
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
