import { keep, kept } from "./storage.ts";

/** The storage key of when this session began: scripts cannot see its cookie. Another session has another text. */
const key = "issuewire.session";

/** Exchanges a token for a session cookie. Returns the status of the answer, 204 if that worked. */
export async function openSession(token: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` };
  const { status } = await fetch("/session", { method: "POST", headers, credentials: "same-origin" });
  if (status === 204) keep(key, new Date().toISOString());
  return status;
}

/** Deletes the session cookie. False if the gateway did not confirm that: the browser may still have it. */
export async function closeSession(): Promise<boolean> {
  const request = { method: "DELETE", credentials: "same-origin" } as const;
  const answer = await fetch("/session", request).catch(() => null);
  if (answer?.status !== 204) return false;
  keep(key, null);
  return true;
}

/** Calls back when another tab of this browser has signed in (even as somebody else) or out. */
export function watchSession(changed: () => void): void {
  window.addEventListener("storage", (event) => event.key === key && changed());
}

/**
 * Whether there is a session. Also false if storage is forbidden: then no button to sign out is shown, and the cookie
 * expires by itself.
 */
export function hasSession(): boolean {
  return kept(key) !== null;
}
