import { html } from "./html.ts";
import type { IssueState } from "./operations/shapes.ts";
import { stateText, toneOf } from "./words.ts";

/** A state as a word in its colour. */
export function StateBadge({ state }: { readonly state: IssueState }) {
  return html`<span class=${`badge tone-${toneOf(state)}`}>${stateText(state)}</span>`;
}
