import { MIMEType } from "node:util";
import type { Plugin } from "graphql-yoga";
import { errorOf } from "../errors.ts";
import { paramsOf, paramsOfSearch, parsedJson } from "../params.ts";

/**
 * Reads GraphQL requests: POST with a JSON body, and GET. Everything else that Yoga would understand (forms, multipart,
 * application/graphql) a web page of any origin could send without asking, so it is refused. Whoever hands a body in has
 * seen to it that it is not too large, and UTF-8.
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

/** Whether a body is of the only kind that is read, as its headers tell. */
export function isJsonInUtf8(contentType: string | null, contentEncoding: string | null): boolean {
  if (contentType === null || (contentEncoding || "identity").toLowerCase() !== "identity") return false;
  try {
    const { essence, params } = new MIMEType(contentType);
    return essence === "application/json" && /^utf-?8$/i.test(params.get("charset") ?? "utf-8");
  } catch {
    return false;
  }
}
