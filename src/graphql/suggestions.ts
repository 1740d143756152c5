/** What graphql-js says of an error, without the names of the schema that it suggests. */
export function withoutSuggestions(message: string): string {
  return message.replace(/ Did you mean .*$/s, "");
}
