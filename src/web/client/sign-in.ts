import { useLayoutEffect, useState } from "preact/hooks";
import { html } from "./html.ts";
import { openSession } from "./session.ts";

const problems: Readonly<Record<number, string>> = {
  401: "This token is not valid here.",
  413: "This token is longer than a browser can keep.",
};

/** The characters of a token. Most others fit in no header: `fetch` then fails as it does for a broken network. */
const possible = /^[\x21-\x7e]+$/;

/** What a token lets its bearer read; with `admin`, deliveries too. */
export type TokenScope = "read" | "admin";

/** Asks for a token and exchanges it for a cookie that no script can read. */
export function SignIn({
  message,
  scope,
  done,
  cancel,
}: {
  readonly message: string;
  /** The scope that the token needs for what the reader wants to see. */
  readonly scope: TokenScope;
  readonly done: () => void;
  /** Goes back to the view before; null if there is nothing to go back to. */
  readonly cancel: (() => void) | null;
}) {
  // Before the paint: a reader who opened the form may be typing already.
  useLayoutEffect(() => document.getElementById("token")?.focus(), []);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const signIn = async (event: SubmitEvent) => {
    event.preventDefault();
    const token = (new FormData(event.target as HTMLFormElement).get("token") as string).trim();
    if (!possible.test(token))
      return setProblem("This token is not valid: it has characters that no token has. Copy it once more.");
    setBusy(true);
    setProblem(null);
    try {
      const status = await openSession(token);
      if (status === 204) done();
      else setProblem(problems[status] ?? `The gateway answered with ${status}.`);
    } catch {
      setProblem("The gateway cannot be reached.");
    } finally {
      setBusy(false);
    }
  };
  return html`<section class="sign-in" aria-labelledby="heading">
    <h1 id="heading" tabindex="-1">Sign in</h1>
    <p>${message}</p>
    <form onSubmit=${signIn}>
      <label for="token">Token</label>
      <input
        id="token"
        name="token"
        type="password"
        required
        autocomplete="current-password"
        aria-invalid=${problem === null ? undefined : "true"}
        aria-describedby=${problem === null ? undefined : "problem"}
      />
      <button type="submit" class="primary" disabled=${isBusy}>${isBusy ? "Signing in…" : "Sign in"}</button>
      ${cancel !== null && html`<button type="button" class="quiet" onClick=${cancel}>Go back</button>`}
    </form>
    ${problem !== null && html`<p id="problem" class="problem" role="alert">${problem}</p>`}
    <p class="hint">
      ${"Whoever runs the gateway can create one with the command "}
      <code>token create <span>--name you</span> <span>--scope ${scope}</span></code>
    </p>
  </section>`;
}
