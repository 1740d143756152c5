/** True for the text of a value that is not null. */
export function isJson(text: string | null): text is string {
  try {
    return text !== null && JSON.parse(text) !== null;
  } catch {
    return false;
  }
}
