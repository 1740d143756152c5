const dayMs = 86_400_000;

/** A span of time in at most two units, the last of them rounded down: `3 d 4 h`, `12 min`, `8 s`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 3600) return oneUnit(whole);
  const hours = Math.floor(whole / 3600);
  if (hours < 24) return twoUnits(hours, "h", Math.floor(whole / 60) % 60, "min");
  return twoUnits(Math.floor(hours / 24), "d", hours % 24, "h");
}

function twoUnits(many: number, unit: string, few: number, smaller: string): string {
  return few === 0 || many >= 10 ? `${many} ${unit}` : `${many} ${unit} ${few} ${smaller}`;
}

/** How long ago, in one unit, rounded down: `now`, `5 min ago`, `3 d ago`; `in 3 d` for a time to come. */
export function agoText(at: string, now: number): string {
  const seconds = (now - Date.parse(at)) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 10) return "now";
  const text = oneUnit(distance);
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

function oneUnit(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** The IANA name of the browser's time zone, in which times are shown; UTC if the browser cannot tell. */
export function timeZoneName(): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions() as { readonly timeZone?: string };
  return timeZone === undefined || timeZone === "Etc/Unknown" ? "UTC" : timeZone;
}

/** Hebrew, Arabic and their neighbours. */
const rightToLeft = /[\u0590-\u08ff]/;

/** Formats times in the reader's language. Right-to-left text is isolated, not to reorder the text beside it. */
export function timeFormat(options: Intl.DateTimeFormatOptions): (at: string) => string {
  const format = new Intl.DateTimeFormat(undefined, options);
  return (at) => {
    const text = format.format(new Date(at));
    return rightToLeft.test(text) ? `\u2068${text}\u2069` : text;
  };
}

export const momentText = timeFormat({ dateStyle: "medium", timeStyle: "medium" });
const timeOfDay = timeFormat({ timeStyle: "medium" });

/** The time of day alone if `other` is on the same day; with the date if not. */
export function clockText(at: string, other: string): string {
  return Math.abs(Date.parse(at) - Date.parse(other)) < dayMs &&
    new Date(at).toDateString() === new Date(other).toDateString()
    ? timeOfDay(at)
    : momentText(at);
}
