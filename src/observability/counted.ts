/** So many of these for people to read: "1 issue", "1,234 issues". `many` is what more than one are called, by default with an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
