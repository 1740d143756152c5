/** Most characters shown of a value and of a message about it: each can be as long as the request. */
const mostCharacters = 200;

/** The beginning of a text that clients are shown. */
export function shortened(text: string): string {
  if (text.length <= mostCharacters) return text;
  // The half of a character is none, and strict readers of JSON refuse it.
  return `${text.slice(0, mostCharacters).replace(/[\ud800-\udbff]$/, "")}…`;
}
