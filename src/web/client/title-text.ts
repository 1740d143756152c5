/** The title of an issue, or what stands in for one in which nothing can be seen: it is what leads to the issue. */
export function titleText(title: string): string {
  return /^[\s\p{Default_Ignorable_Code_Point}\p{Cc}]*$/u.test(title) ? "(no title)" : title;
}

/** What tells an issue's tab from those of others: its short id, or Sentry's, and as much of its title as is seen of it. */
export function tabText({
  sentryId,
  shortId,
  title,
}: {
  readonly sentryId: string;
  readonly shortId: string | null;
  readonly title: string;
}): string {
  const seen = titleText(title).replace(/^(.{79}).{2,}$/su, "$1…");
  return `${shortId ?? sentryId} ${seen}`;
}
