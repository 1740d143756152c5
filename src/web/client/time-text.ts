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
export function agoText(at: string, now: number): string {
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

export function momentText(at: string): string {
  return moment.format(new Date(at));
}

/** The time of day alone if `other` is on the same day; with the date if not. */
export function clockText(at: string, other: string): string {
  return Math.abs(Date.parse(at) - Date.parse(other)) < dayMs &&
    new Date(at).toDateString() === new Date(other).toDateString()
    ? clock.format(new Date(at))
    : moment.format(new Date(at));
}
