import { html } from "./html.ts";

/** Stands where something is still loading: so many tall blocks, then so many rows. `text` is for those who do not see it. */
export function Skeleton({
  text,
  tall = 0,
  rows = 0,
}: {
  readonly text: string;
  readonly tall?: number;
  readonly rows?: number;
}) {
  return html`<div class="skeleton" role="status">
    <span class="visually-hidden">${text}</span>
    ${Array.from({ length: tall }, (_, index) => html`<div key=${`tall ${index}`} class="skeleton-row tall"></div>`)}
    ${Array.from({ length: rows }, (_, index) => html`<div key=${`row ${index}`} class="skeleton-row"></div>`)}
  </div>`;
}
