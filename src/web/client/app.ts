import type { ComponentType } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { createCell, useCell } from "./cell.ts";
import type { Connection, ConnectionState } from "./connection.ts";
import { FeedView } from "./feed-view.ts";
import { IssueFinder, ProjectFinder } from "./finder.ts";
import { focusHeading, focusIssue, useLostFocus } from "./focus.ts";
import { html } from "./html.ts";
import { IssueView } from "./issue-view.ts";
import type { IssueList } from "./issue-list.ts";
import { IssuesView } from "./issues-view.ts";
import { hasSingleKeys, listenToKeys } from "./keyboard.ts";
import { Keys } from "./keys.ts";
import { Link } from "./link.ts";
import { Notice } from "./notice.ts";
import { viewing, type Navigation, type Place } from "./place.ts";
import { closeSession, hasSession } from "./session.ts";
import { SignIn, type TokenScope } from "./sign-in.ts";
import { Skeleton } from "./skeleton.ts";
import { applyTheme, chosenTheme, themeAfter, type Theme } from "./theme.ts";
import { usePresent } from "./time.ts";
import { sentence } from "./words.ts";

/** Whether GraphiQL is served at /graphql: the gateway says so in the document. */
const hasGraphiQL = document.querySelector("meta[name=graphiql]") !== null;

/** The whole page. */
export function App({
  navigation,
  connection,
  list,
}: {
  readonly navigation: Navigation;
  readonly connection: Connection;
  readonly list: IssueList;
}) {
  const place = useCell(navigation.place);
  const isSignInWanted = useCell(connection.isSignInWanted);
  const [signInFor, setSignInFor] = useState<TokenScope | null>(null);
  // Going elsewhere closes the sign-in form, before the paint: the reader may be typing in the new view already.
  useLayoutEffect(() => setSignInFor(null), [place]);
  // After a return from an issue, the focus is on that issue in the list.
  const left = useRef(place.issue);
  useLostFocus(() => (left.current === null ? focusHeading() : focusIssue(left.current)));
  useLayoutEffect(() => {
    left.current = place.issue;
  }, [place.issue]);
  const hasKeys = useCell(hasSingleKeys);
  const dialog = useRef<HTMLDialogElement>(null);
  const togglePause = () => connection.isPaused.set(!connection.isPaused.get());
  const showKeys = () => dialog.current?.showModal();
  useLayoutEffect(() => listenToKeys({ navigation, togglePause, showKeys }), []);
  useEffect(() => {
    // Loaded ahead, while the gateway can be reached: browsers may not retry an import that failed.
    const end = connection.state.watch(() => {
      if (connection.state.get().is !== "live") return;
      end();
      loadStatistics();
    });
    return end;
  }, []);
  const isSigningIn = isSignInWanted || signInFor !== null;
  useEffect(() => {
    // `IssueView` sets the title of an issue's tab.
    if (isSigningIn) document.title = "Sign in · Issuewire";
    else if (place.issue === null) document.title = `${sentence(place.view)} · Issuewire`;
  }, [place.view, place.issue, isSigningIn]);

  return html`<div class="page">
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="top">
      <${Link} class="brand" navigation=${navigation} place=${place} to=${viewing("issues")}>
        <${Mark} /><span>Issuewire</span>
      <//>
      <nav aria-label="Views">
        ${(["issues", "statistics", "feed"] as const).map(
          (view) =>
            html`<${Link}
              key=${view}
              navigation=${navigation}
              place=${place}
              to=${viewing(view)}
              aria-current=${view === place.view ? "page" : undefined}
              >${sentence(view)}<//
            >`,
        )}
      </nav>
      <div class="tools">
        <${ConnectionBadge} connection=${connection} togglePause=${togglePause} />
        ${hasGraphiQL && html`<a class="tool graphiql" href="/graphql">GraphiQL</a>`}
        ${!isSignInWanted && hasSession() && html`<button type="button" class="quiet" onClick=${signOut}>Sign out</button>`}
        <${ThemeButton} />
        <button
          type="button"
          class="icon"
          aria-label="Keyboard"
          title=${hasKeys ? "Keyboard (?)" : "Keyboard"}
          onClick=${showKeys}
        >
          ?
        </button>
      </div>
    </header>
    <${Broken} connection=${connection} />
    <main id="main" tabindex="-1">
      ${
        isSignInWanted
          ? html`<${SignIn}
              message=${
                hasSession()
                  ? "You are no longer signed in. Enter your token again, or another one if it has expired or was revoked."
                  : "This gateway shows its issues only to people with a token. Enter yours."
              }
              scope="read"
              done=${goOn}
              cancel=${null}
            />`
          : signInFor !== null
            ? html`<${SignIn}
                message="A token with more rights shows more."
                scope=${signInFor}
                done=${goOn}
                cancel=${() => setSignInFor(null)}
              />`
            : html`<${CurrentView}
                navigation=${navigation}
                place=${place}
                connection=${connection}
                list=${list}
                signIn=${setSignInFor}
              />`
      }
    </main>
    <dialog ref=${dialog} aria-labelledby="keys"><${Keys} /></dialog>
  </div>`;
}

/**
 * Loads what was asked for before signing in: this page, or another one in whose place it was sent. All is read again,
 * because the new session may see other issues than the last one.
 */
function goOn(): void {
  location.reload();
}

async function signOut(): Promise<void> {
  if (await closeSession()) location.reload();
  // A dialog that blocks, because a reader who leaves a shared machine has to know.
  else alert("You could not be signed out: you are still signed in.");
}

function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function CurrentView({
  navigation,
  place,
  connection,
  list,
  signIn,
}: {
  readonly navigation: Navigation;
  readonly place: Place;
  readonly connection: Connection;
  readonly list: IssueList;
  /** Shows the sign-in form, for a token of this scope that lets the reader see more. */
  readonly signIn: (scope: TokenScope) => void;
}) {
  if (place.issue !== null) {
    return html`<${IssueFinder} navigation=${navigation} place=${place} connection=${connection}>
      <${IssueView}
        key=${place.issue}
        navigation=${navigation}
        place=${place}
        sentryId=${place.issue}
        connection=${connection}
        signIn=${signIn}
      />
    <//>`;
  }
  switch (place.view) {
    case "issues":
      return html`<${ProjectFinder} navigation=${navigation} place=${place} connection=${connection}>
        <${IssuesView} navigation=${navigation} place=${place} list=${list} />
      <//>`;
    case "statistics":
      return html`<${ProjectFinder} navigation=${navigation} place=${place} connection=${connection}>
        <${Statistics} navigation=${navigation} place=${place} connection=${connection} />
      <//>`;
    case "feed":
      return html`<${FeedView} navigation=${navigation} place=${place} connection=${connection} signIn=${signIn} />`;
  }
}

type Loading =
  | { readonly is: "loading" }
  | { readonly is: "loaded"; readonly View: ComponentType<object> }
  | { readonly is: "failed" };

const statisticsView = createCell<Loading>({ is: "loading" });

function loadStatistics(): void {
  if (statisticsView.get().is === "loaded") return;
  import("./statistics-view.ts").then(
    ({ StatisticsView }) =>
      statisticsView.set({ is: "loaded", View: StatisticsView as ComponentType<object> }),
    (error: unknown) => {
      reportError(error);
      statisticsView.set({ is: "failed" });
    },
  );
}

/** The statistics view, loaded on demand: its charts are half of the page's code. */
function Statistics(props: object) {
  const view = useCell(statisticsView);
  useEffect(loadStatistics, []);
  switch (view.is) {
    case "loading":
      return html`<${Skeleton} text="Loading" tall=${1} />`;
    case "loaded":
      return html`<${view.View} ...${props} />`;
    case "failed":
      // Browsers may remember that an import failed. Only reloading the page is sure to try again.
      return html`<${Notice}
        isFailure
        heading="h1"
        title="The statistics could not be loaded"
        message="The gateway cannot be reached, or it was updated after this page was loaded."
      />`;
  }
}

const stateTexts: Readonly<Record<ConnectionState["is"], string>> = {
  idle: "Not connected",
  connecting: "Connecting",
  live: "Live",
  broken: "Reconnecting",
  paused: "Paused",
};

function ConnectionBadge({
  connection,
  togglePause,
}: {
  readonly connection: Connection;
  readonly togglePause: () => void;
}) {
  const state = useCell(connection.state);
  const isPaused = useCell(connection.isPaused);
  const hasKeys = useCell(hasSingleKeys);
  const action = isPaused ? "Resume" : "Pause";
  return html`<div class=${`connection ${state.is}`}>
    <span class="connection-state" role="status"><span class="dot" aria-hidden="true"></span>${stateTexts[state.is]}</span>
    <button
      type="button"
      class="icon"
      aria-label=${action}
      title=${hasKeys ? `${action} (p)` : action}
      onClick=${togglePause}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d=${isPaused ? "M5 3l8 5-8 5z" : "M4.5 3h2.5v10H4.5zM9 3h2.5v10H9z"} />
      </svg>
    </button>
  </div>`;
}

/** What is wrong with the connection, while it is broken. */
function Broken({ connection }: { readonly connection: Connection }) {
  const state = useCell(connection.state);
  const seconds = usePresent((now) =>
    state.is === "broken" ? Math.max(0, Math.ceil((state.retryAt - now) / 1000)) : 0,
  );
  useLostFocus((had) => had.closest(".broken-bar") !== null && focusHeading());
  if (state.is !== "broken") return null;
  return html`<section class="broken-bar" aria-label="Connection">
    <p>
      <strong>${state.why}</strong> Nothing new appears until the gateway answers; then you see everything you
      missed.${" "}
      <span aria-hidden="true">Trying again ${seconds === 0 ? "now" : `in ${seconds} s`}.</span>
    </p>
    <button type="button" onClick=${connection.retryNow}>Try now</button>
  </section>`;
}

/** Half a disc, a sun, a moon. */
const themePaths: Readonly<Record<Theme, string>> = {
  auto: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13zM8 3v10a5 5 0 0 1 0-10z",
  light:
    "M8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6zM7.3 1h1.4v2.4H7.3zM7.3 12.6h1.4V15H7.3zM1 7.3h2.4v1.4H1zM12.6 7.3H15v1.4h-2.4zM2.6 3.6l1-1 1.7 1.7-1 1zM10.7 11.7l1-1 1.7 1.7-1 1zM3.6 13.4l-1-1 1.7-1.7 1 1zM11.7 5.3l-1-1 1.7-1.7 1 1z",
  dark: "M6.2 1.8a6.4 6.4 0 1 0 8 8A5.2 5.2 0 0 1 6.2 1.8z",
};

function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(chosenTheme());
  return html`<button
    type="button"
    class="icon"
    aria-label=${`Colours: ${theme}`}
    title=${`Colours: ${theme}`}
    onClick=${() => {
      const next = themeAfter(theme);
      applyTheme(next);
      setTheme(next);
    }}
  >
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${themePaths[theme]} /></svg>
  </button>`;
}

function Mark() {
  return html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" />
    <path d="M5 17h5l3-8 5 15 3.5-10 1.5 3h4" />
  </svg>`;
}
