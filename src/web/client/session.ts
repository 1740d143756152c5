import { keep, kept } from "./storage.ts";

/** Since when this browser has a session's cookie, which scripts cannot see. Another session has another text. */
const key = "issuewire.session";

/** Changes a token for the session's cookie. The status that it was answered with: 204 when that is done. */
export async function openSession(token: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` };
  const { status } = await fetch("/session", { method: "POST", headers, credentials: "same-origin" });
  if (status === 204) keep(key, new Date().toISOString());
  return status;
}

/** Has the cookie taken back. False where nothing says that it was: the browser may have it still. */
export async function closeSession(): Promise<boolean> {
  const request = { method: "DELETE", credentials: "same-origin" } as const;
  const answer = await fetch("/session", request).catch(() => null);
  if (answer?.status !== 204) return false;
  keep(key, null);
  return true;
}

/** Calls back when another tab of this browser has signed in, also as somebody else, or out. */
export function watchSession(changed: () => void): void {
  window.addEventListener("storage", (event) => event.key === key && changed());
}

/** False also where storage is forbidden: the button to sign out is then not shown, and the cookie ends by itself. */
export function hasSession(): boolean {
  return kept(key) !== null;
}
