/** True for the text of a value that is not null. */
export function isJson(text: string | null): boolean {
  try {
    return text !== null && JSON.parse(text) !== null;
  } catch {
    return false;
  }
}
