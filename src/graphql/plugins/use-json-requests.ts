import { MIMEType } from "node:util";
import type { Plugin } from "graphql-yoga";
import { errorOf } from "../errors.ts";
import { paramsOf, paramsOfSearch, parsedJson } from "../params.ts";

/**
 * Reads GraphQL requests: POST with a JSON body, and GET. Everything else that Yoga would understand is refused (forms,
 * multipart, application/graphql): a page of any origin can send forms without a preflight. The caller has checked that
 * the body is UTF-8 and not too large.
 *
 * | answer | when                                                                  |
 * | ------ | --------------------------------------------------------------------- |
 * | 400    | not JSON, not one object of GraphQL's parameters                      |
 * | 405    | neither GET nor POST (Yoga's own check)                               |
 * | 415    | the body is not application/json, not in UTF-8, or compressed         |
 */
export function useJsonRequests(): Plugin {
  return {
    onRequestParse({ request, url, setRequestParser }) {
      switch (request.method) {
        case "GET":
          setRequestParser(() => paramsOfSearch(url.searchParams));
          break;
        case "POST":
          refuseOtherMedia(request.headers);
          setRequestParser(async (posted) => paramsOf(parsedJson("The request's body", await posted.text())));
      }
    },
  };
}

function refuseOtherMedia(headers: Headers): void {
  if (!isJsonInUtf8(headers.get("content-type"), headers.get("content-encoding"))) {
    throw errorOf("UNSUPPORTED_MEDIA_TYPE", "Send the request as application/json in UTF-8, uncompressed.", {
      http: { status: 415, headers: { "Accept-Post": "application/json" } },
    });
  }
}

/** True if the headers tell of JSON in UTF-8, uncompressed: the only body that is read. */
export function isJsonInUtf8(contentType: string | null, contentEncoding: string | null): boolean {
  if (contentType === null || (contentEncoding || "identity").toLowerCase() !== "identity") return false;
  try {
    const { essence, params } = new MIMEType(contentType);
    return essence === "application/json" && /^utf-?8$/i.test(params.get("charset") ?? "utf-8");
  } catch {
    return false;
  }
}
