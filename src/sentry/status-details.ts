import type { Json, JsonObject } from "../domain/issue.ts";
import type { Commit, StatusDetails } from "../domain/status-details.ts";
import { millisecondsOf } from "./dates.ts";
import { wholeOf } from "./numbers.ts";
import { isObject } from "./objects.ts";
import { userOf } from "./people.ts";
import { idOf, textOf } from "./text.ts";

/**
 * Reads the issue object's `statusDetails`, an open object whose shape has changed before. A field that is not
 * understood is null.
 */
export function statusDetailsOf(sent: JsonObject): StatusDetails {
  return {
    inRelease: textOf(sent["inRelease"]),
    inNextRelease: flagOf(sent["inNextRelease"]),
    inCommit: commitOf(sent["inCommit"]),
    ignoreCount: wholeOf(sent["ignoreCount"]),
    ignoreWindow: wholeOf(sent["ignoreWindow"]),
    ignoreUserCount: wholeOf(sent["ignoreUserCount"]),
    ignoreUserWindow: wholeOf(sent["ignoreUserWindow"]),
    ignoreDuration: wholeOf(sent["ignoreDuration"]),
    ignoreUntil: millisecondsOf(sent["ignoreUntil"]),
    autoResolved: flagOf(sent["autoResolved"]),
    actor: userOf(sent["actor"]),
    raw: sent,
  };
}

/**
 * Reads a commit. Sentry's serializer gives an object with `id`. In the documentation of webhooks it is a `commit` hash
 * and a `repository` name, in that of the API a bare hash.
 */
function commitOf(value: Json | undefined): Commit | null {
  if (typeof value !== "string" && !isObject(value)) return null;
  const {
    id: ownId,
    commit: hash,
    message,
    repository,
  }: JsonObject = isObject(value) ? value : { id: value };
  const id = idOf(ownId) ?? idOf(hash);
  if (id === null) return null;
  const repositoryName = isObject(repository) ? repository["name"] : repository;
  return { id, message: textOf(message), repository: textOf(repositoryName), raw: value };
}

function flagOf(value: Json | undefined): boolean | null {
  return typeof value === "boolean" ? value : null;
}
