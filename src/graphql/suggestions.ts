/** A message of graphql-js without its "Did you mean …", which gives away names of the schema. */
export function withoutSuggestions(message: string): string {
  return message.replace(/ Did you mean .*$/s, "");
}
