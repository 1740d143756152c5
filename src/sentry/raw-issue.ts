import type { Json, JsonObject } from "../domain/issue.ts";
import { isObject } from "./objects.ts";

/** The issue object in a body that was read as one about an issue; an empty object for any other body. */
export function issueObjectOf(body: Uint8Array): Json {
  const parsed = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()) as Json;
  const data = isObject(parsed) ? parsed["data"] : null;
  const issue: JsonObject[string] | undefined = data != null && isObject(data) ? data["issue"] : null;
  return issue ?? {};
}
