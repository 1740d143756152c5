import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useCell } from "./cell.ts";
import { useChoices } from "./choices.ts";
import { html } from "./html.ts";
import { hasSingleKeys } from "./keyboard.ts";
import type { Project } from "./operations/shapes.ts";
import {
  assigneeKey,
  isNarrowed,
  levelChoices,
  unnarrowed,
  type Navigation,
  type Place,
  type SeenChoice,
} from "./place.ts";
import { asOfWebhook, assigneeText, sentence } from "./words.ts";

const seenLabels: Readonly<Record<SeenChoice, string>> = {
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
};

/** How long after the last keystroke the search begins. */
const typingMs = 250;

/** The filters of the issue list and the statistics. `children` come before them. */
export function FilterBar({
  navigation,
  place,
  children,
}: {
  readonly navigation: Navigation;
  readonly place: Place;
  readonly children?: unknown;
}) {
  const { choices, refresh } = useChoices(place.assignee);
  const narrow = (change: Partial<Place>) => navigation.go({ ...change, page: null });
  const select = (
    name: "level" | "project" | "assignee" | "seen",
    label: string,
    any: string,
    options: readonly (readonly [string, string])[],
    title?: string,
  ) => {
    const value = place[name];
    const known =
      value === null || options.some(([key]) => key === value)
        ? options
        : [...options, [value, choices === null ? "…" : value]];
    return html`<select
      aria-label=${label}
      title=${title}
      class=${value === null ? "" : "chosen"}
      value=${value ?? ""}
      onPointerEnter=${refresh}
      onFocus=${refresh}
      onChange=${(event: Event) => narrow({ [name]: (event.target as HTMLSelectElement).value || null })}
    >
      <option value="">${any}</option>
      ${known.map(([key, text]) => html`<option key=${key} value=${key} selected=${key === value}>${text}</option>`)}
    </select>`;
  };

  return html`<div class="filters" role="search">
    ${children}
    <${SearchField} navigation=${navigation} search=${place.search} />
    ${select("project", "Project", "All projects", projectOptions(choices?.projects ?? []))}
    ${select(
      "level",
      "Level",
      "All levels",
      levelChoices.map((level) => [level, sentence(level)] as const),
    )}
    ${select("assignee", "Assignee", "Anyone", [
      [assigneeKey(null), "Unassigned"],
      ...(choices?.assignees ?? []).map(
        (assignee) => [assigneeKey(assignee), assigneeText(assignee)] as const,
      ),
    ])}
    ${select("seen", "Last seen", "Any time", Object.entries(seenLabels), asOfWebhook)}
    ${
      isNarrowed(place) &&
      html`<button type="button" class="quiet" onClick=${() => navigation.go(unnarrowed)}>Clear</button>`
    }
  </div>`;
}

/** The projects by slug. The id is added if a neighbour in the list has, or had, the same slug. */
function projectOptions(projects: readonly Project[]): readonly (readonly [string, string])[] {
  return projects.map(({ sentryId, slug }, at) => {
    const isShared = slug === projects[at - 1]?.slug || slug === projects[at + 1]?.slug;
    return [sentryId, isShared ? `${slug} (${sentryId})` : slug];
  });
}

function SearchField({ navigation, search }: { readonly navigation: Navigation; readonly search: string }) {
  const [text, setText] = useState(search);
  const hasKeys = useCell(hasSingleKeys);
  const typing = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(typing.current), []);
  const committed = useRef(search);
  // Before the paint: a reader who goes back may be typing already.
  useLayoutEffect(() => {
    // Only a search from elsewhere: the reader's own, back from the address, is older than what is being typed.
    if (search === committed.current) return;
    committed.current = search;
    setText(search);
  }, [search]);
  const commit = (value: string) => {
    clearTimeout(typing.current);
    typing.current = undefined;
    committed.current = value;
    navigation.go({ search: value, page: null }, "replacing");
  };
  return html`<input
    id="search"
    type="search"
    placeholder="Search title, culprit, short id"
    aria-label="Search"
    aria-keyshortcuts=${hasKeys ? "/" : undefined}
    maxlength="200"
    autocomplete="off"
    spellcheck=${false}
    value=${text}
    onInput=${(event: Event) => {
      const { value } = event.target as HTMLInputElement;
      setText(value);
      clearTimeout(typing.current);
      typing.current = setTimeout(() => commit(value), typingMs);
    }}
    onBlur=${(event: Event) => {
      // Leaving the field commits what is typed.
      if (typing.current !== undefined) commit((event.target as HTMLInputElement).value);
    }}
    onKeyDown=${(event: KeyboardEvent) => {
      if (event.key === "Enter") commit((event.target as HTMLInputElement).value);
      if (event.key === "Escape") {
        // The browser's own Escape empties the field without an `input` event: the old search would go on filtering.
        event.preventDefault();
        (event.target as HTMLInputElement).blur();
      }
    }}
  />`;
}
