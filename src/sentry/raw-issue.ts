import type { Json, JsonObject } from "../domain/issue.ts";
import { isObject } from "./objects.ts";

/** Drops a byte order mark, as the decoder of `readPayload` does. */
const utf8 = new TextDecoder();

/** The issue object in a body about an issue; an empty object for any other JSON. @throws SyntaxError for no JSON. */
export function issueObjectOf(body: Uint8Array): Json {
  const parsed = JSON.parse(utf8.decode(body)) as Json;
  const data = isObject(parsed) ? parsed["data"] : null;
  const issue: JsonObject[string] | undefined = data != null && isObject(data) ? data["issue"] : null;
  return issue ?? {};
}
