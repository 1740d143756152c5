/** Most characters shown of a value and of a message about it: each can be as long as the request. */
const mostCharacters = 200;

/** The beginning of a text that clients are shown. */
export function shortened(text: string): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}…`;
}
