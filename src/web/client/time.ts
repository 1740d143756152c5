import { useEffect, useReducer } from "preact/hooks";
import { present } from "./clock.ts";
import { html } from "./html.ts";
import { agoText, durationText, momentText, timeZoneName } from "./time-text.ts";

const zone = timeZoneName();

/** How long ago something was; the moment itself, and in which zone, on hover. */
export function Ago({ at }: { readonly at: string }) {
  const text = usePresent((now) => agoText(at, now));
  return html`<time datetime=${at} title=${`${momentText(at)} (${zone})`}>${text}</time>`;
}

/** How long what goes on has lasted since a moment, and `before` seconds more. */
export function Lasting({ since, before = 0 }: { readonly since: string; readonly before?: number }) {
  return usePresent((now) => durationText(before + (now - Date.parse(since)) / 1000));
}

/** A heading of times, and in which zone they are: readers in others see other times, and days that are cut otherwise. */
export function TimesHeading({ children }: { readonly children: unknown }) {
  return html`<div class="times-heading">
    ${children}
    <span class="dim">Times in ${zone}</span>
  </div>`;
}

/** What `show` makes of the present. The component renders again within a second of that becoming another, and not before. */
export function usePresent<Shown extends string | number>(show: (now: number) => Shown): Shown {
  const [, renderAgain] = useReducer<number, void>((count) => count + 1, 0);
  const shown = show(present());
  useEffect(() => eachSecond(() => show(present()) !== shown && renderAgain()));
  return shown;
}

/** One timer for all: a long history tells of hundreds of moments. */
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
