/** The title of an issue, or what stands in for one in which nothing can be seen: it is what leads to the issue. */
export function titleText(title: string): string {
  return /^[\s\p{Default_Ignorable_Code_Point}\p{Cc}]*$/u.test(title) ? "(no title)" : title;
}

/** More than a tab, a history or a bookmark shows. */
const longestInTab = 80;

/** What tells an issue's tab from those of others: its short id, or Sentry's, and as much of its title as is seen. */
export function tabText({
  sentryId,
  shortId,
  title,
}: {
  readonly sentryId: string;
  readonly shortId: string | null;
  readonly title: string;
}): string {
  const characters = [...titleText(title)];
  const seen =
    characters.length > longestInTab
      ? `${characters.slice(0, longestInTab - 1).join("")}…`
      : characters.join("");
  return `${shortId ?? sentryId} ${seen}`;
}
