import type { Json, JsonObject } from "../domain/issue.ts";
import { isObject } from "./objects.ts";

/** Takes a byte order mark away, as that of `readPayload` does. */
const utf8 = new TextDecoder();

/** The issue object in a body that was read as one about an issue; an empty object for any other body. */
export function issueObjectOf(body: Uint8Array): Json {
  const parsed = JSON.parse(utf8.decode(body)) as Json;
  const data = isObject(parsed) ? parsed["data"] : null;
  const issue: JsonObject[string] | undefined = data != null && isObject(data) ? data["issue"] : null;
  return issue ?? {};
}
