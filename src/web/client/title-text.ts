/** The title of an issue, or a substitute if nothing in it is visible: the title is the link to the issue. */
export function titleText(title: string): string {
  return /^[\s\p{Default_Ignorable_Code_Point}\p{Cc}]*$/u.test(title) ? "(no title)" : title;
}

/** What tells an issue's tab from others: its short id, or else Sentry's, and its title, cut to 80 characters. */
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
