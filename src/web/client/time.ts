import { useEffect, useReducer } from "preact/hooks";
import { present } from "./clock.ts";
import { html } from "./html.ts";

const dayMs = 86_400_000;

/** A span of time in at most two units: `3 d 4 h`, `12 min`, `8 s`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return twoUnits(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(whole / 3600);
  return twoUnits(Math.floor(hours / 24), "d", hours % 24, "h");
}

function twoUnits(many: number, unit: string, few: number, smaller: string): string {
  return few === 0 || many >= 10 ? `${many} ${unit}` : `${many} ${unit} ${few} ${smaller}`;
}

/** How long ago, in one unit: `now`, `5 min ago`, `3 d ago`. */
function agoText(at: string, now: number): string {
  const seconds = (now - Date.parse(at)) / 1000;
  if (seconds < 10) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** The IANA name of the time zone that the browser shows times in: UTC where it cannot tell which one that is. */
export function timeZoneName(): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions() as { readonly timeZone?: string };
  return timeZone === undefined || timeZone === "Etc/Unknown" ? "UTC" : timeZone;
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const zone = timeZoneName();

export function momentText(at: string): string {
  return moment.format(new Date(at));
}

/** Without its day, when that is another time's. */
export function clockText(at: string, other: string): string {
  return Math.abs(Date.parse(at) - Date.parse(other)) < dayMs &&
    new Date(at).toDateString() === new Date(other).toDateString()
    ? clock.format(new Date(at))
    : moment.format(new Date(at));
}

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
