/** A count for people to read: "1 issue", "1,234 issues". `many` is the plural, by default `one` with an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
