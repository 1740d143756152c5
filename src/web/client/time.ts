import { useEffect, useReducer } from "preact/hooks";
import { present } from "./clock.ts";
import { html } from "./html.ts";
import { agoText, durationText, momentText, timeZoneName } from "./time-text.ts";

const zone = timeZoneName();

/** How long ago something was. On hover, the exact time and its zone. */
export function Ago({ at }: { readonly at: string }) {
  const text = usePresent((now) => agoText(at, now));
  return html`<time datetime=${at} title=${`${momentText(at)} (${zone})`}>${text}</time>`;
}

/** How long something has lasted since a moment, plus `before` seconds. */
export function Lasting({ since, before = 0 }: { readonly since: string; readonly before?: number }) {
  return usePresent((now) => durationText(before + (now - Date.parse(since)) / 1000));
}

/** A heading over times that names their zone: for readers in other zones, times and the bounds of days differ. */
export function TimesHeading({ children }: { readonly children: unknown }) {
  return html`<div class="times-heading">
    ${children}
    <span class="dim">Times in ${zone}</span>
  </div>`;
}

/** What `show` gives for the present. The component renders again only when that changes, within a second. */
export function usePresent<Shown extends string | number>(show: (now: number) => Shown): Shown {
  const [, renderAgain] = useReducer<number, void>((count) => count + 1, 0);
  const shown = show(present());
  useEffect(() => eachSecond(() => show(present()) !== shown && renderAgain()));
  return shown;
}

/** One timer for all components: a long history shows hundreds of times. */
const looks = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function eachSecond(look: () => void): () => void {
  looks.add(look);
  timer ??= setInterval(() => {
    for (const each of looks) each();
  }, 1_000);
  return () => {
    looks.delete(look);
    if (looks.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
