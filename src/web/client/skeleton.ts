import { html } from "./html.ts";

/** A placeholder for what is still loading: `tall` high blocks, then `rows` rows. `text` is for screen readers. */
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
