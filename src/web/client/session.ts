/** Whether this browser was given a session's cookie, which scripts cannot see. */
const key = "issuewire.session";

/** Changes a token for the session's cookie. The status that it was answered with: 204 when that is done. */
export async function openSession(token: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` };
  const { status } = await fetch("/session", { method: "POST", headers, credentials: "same-origin" });
  if (status === 204) remember("open");
  return status;
}

/** Has the cookie taken back. */
export async function closeSession(): Promise<void> {
  await fetch("/session", { method: "DELETE", credentials: "same-origin" });
  remember(null);
}

export function hasSession(): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    // Where storage is forbidden.
    return false;
  }
}

function remember(state: "open" | null): void {
  try {
    if (state === null) localStorage.removeItem(key);
    else localStorage.setItem(key, state);
  } catch {
    // The button to sign out is then not shown; the cookie ends by itself.
  }
}
