import { html } from "./html.ts";

/** Stands where there is nothing else to show: what that is, and in `children` why, and what to do. */
export function Notice({
  title,
  heading = "h2",
  role,
  children,
}: {
  readonly title: string;
  /** `h1` where the page has no other heading. */
  readonly heading?: "h1" | "h2";
  readonly role?: "alert";
  readonly children?: unknown;
}) {
  return html`<div class="notice" role=${role}>
    <${heading}>${title}<//>
    ${children}
  </div>`;
}

/**
 * Says, spoken too, that something cannot be shown, and why. `children` lead on; without any, all is loaded anew: a gateway
 * that was updated under the page answers another page, and so does one that was only ill for a while.
 */
export function Failure({
  title,
  heading = "h2",
  message,
  children = html`<button type="button" onClick=${() => location.reload()}>Load the page again</button>`,
}: {
  readonly title: string;
  readonly heading?: "h1" | "h2";
  readonly message: string;
  readonly children?: unknown;
}) {
  return html`<${Notice} title=${title} heading=${heading} role="alert">
    <p>${message}</p>
    ${children}
  <//>`;
}
