/** The title of an issue, or what stands in for one in which nothing can be seen: it is what leads to the issue. */
export function titleText(title: string): string {
  return /^[\s\p{Default_Ignorable_Code_Point}\p{Cc}]*$/u.test(title) ? "(no title)" : title;
}
