import { MIMEType } from "node:util";
import type { Plugin } from "graphql-yoga";
import { errorOf } from "../errors.ts";
import { badRequest, paramsOf, paramsOfSearch, parsedJson, tooLarge } from "../params.ts";

/**
 * Reads GraphQL requests: POST with a JSON body, and GET. Everything else that Yoga would understand (forms, multipart,
 * application/graphql) a web page of any origin could send without asking, so it is refused.
 *
 * | answer | when                                                                  |
 * | ------ | --------------------------------------------------------------------- |
 * | 400    | not UTF-8, not JSON, not one object of GraphQL's parameters           |
 * | 405    | neither GET nor POST (Yoga's own check)                               |
 * | 413    | more than `maxBodyBytes`                                              |
 * | 415    | the body is not application/json, not in UTF-8, or compressed         |
 */
export function useJsonRequests({ maxBodyBytes }: { readonly maxBodyBytes: number }): Plugin {
  return {
    onRequestParse({ request, url, setRequestParser }) {
      switch (request.method) {
        case "GET":
          setRequestParser(() => paramsOfSearch(url.searchParams));
          break;
        case "POST":
          refuseOtherMedia(request.headers);
          setRequestParser(async (posted) =>
            paramsOf(parsedJson("The request's body", await textOf(posted, maxBodyBytes))),
          );
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

async function textOf({ headers, body }: Request, maxBytes: number): Promise<string> {
  if (Number(headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const bytes = body === null ? new Uint8Array() : await bytesOf(body, maxBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw badRequest("The request's body is not UTF-8.");
  }
}

async function bytesOf(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Not `for await`: leaving that early ends the stream, and the socket with it, before there is an answer.
  const reader = body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(read.value);
  }
  return Buffer.concat(chunks);
}
