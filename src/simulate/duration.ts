export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

const unitMs: ReadonlyMap<string, number> = new Map([
  ["s", second],
  ["m", minute],
  ["h", hour],
  ["d", day],
]);

/** Milliseconds of `30d`, `12h`, `90m`, `45s` or several of them, as `1d12h`; null for anything else and for zero. */
export function durationMs(text: string): number | null {
  if (!/^(\d+(\.\d+)?[smhd])+$/.test(text)) return null;
  const parts = text.matchAll(/([\d.]+)([smhd])/g);
  // The pattern above lets no other unit through.
  const ms = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMs.get(unit!)!, 0);
  return ms > 0 ? ms : null;
}

/** For people, in the two largest units: `2 d 4 h`, `4 min 1 s`, `0.8 s`. */
export function durationText(ms: number): string {
  if (ms < 10 * second) return `${(ms / second).toFixed(1)} s`;
  if (ms < minute) return `${Math.round(ms / second)} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min ${Math.floor((ms % minute) / second)} s`;
  if (ms < day) return `${Math.floor(ms / hour)} h ${Math.floor((ms % hour) / minute)} min`;
  return `${Math.floor(ms / day)} d ${Math.floor((ms % day) / hour)} h`;
}

/** As `durationMs` reads it, in the largest unit that divides it: `30d`, `90m`. */
export function durationFlag(ms: number): string {
  const [unit, unitIs] = [...unitMs].findLast(([, length]) => ms % length === 0) ?? ["s", second];
  return `${ms / unitIs}${unit}`;
}
