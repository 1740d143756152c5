/** Clocks that differ by no more than this agree: an answer's Date is in whole seconds, and takes time to arrive. */
const agreeMs = 5_000;

/** How far this machine's clock is ahead of the gateway's, in milliseconds. */
let aheadMs = 0;

/**
 * Takes the gateway's time from an answer's Date header; null changes nothing. Ages are told by the gateway's clock,
 * not by the reader's.
 */
export function hearTime(date: string | null): void {
  const difference = Date.now() - Date.parse(date ?? "");
  if (Math.abs(difference - aheadMs) > agreeMs) aheadMs = Math.abs(difference) > agreeMs ? difference : 0;
}

/** The present by the gateway's clock, in milliseconds. */
export function present(): number {
  return Date.now() - aheadMs;
}
