import { Worker } from "node:worker_threads";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { GraphiQLOptions, Plugin } from "graphql-yoga";
import { moduleUrl } from "../../program/module-url.ts";
import { sharingBody } from "../shared-body.ts";

/** Answers a browser's GET of `path` with GraphiQL, all in one page: it loads nothing else from the network. */
export function useGraphiQL({
  path,
  options,
}: {
  readonly path: string;
  readonly options: GraphiQLOptions;
}): Plugin {
  const page = rendered(options);
  const plainPage = heldOnce(async () => promisify(gunzip)(await page()));
  return {
    async onRequest({ request, url, fetchAPI, endResponse }) {
      const accepted = request.headers.get("accept") ?? "";
      if (request.method !== "GET" || url.pathname !== path || !accepted.includes("text/html")) return;
      const headers = {
        "Content-Type": "text/html; charset=utf-8",
        Vary: "Accept, Accept-Encoding",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
      };
      const takesGzip = gzip.test(request.headers.get("accept-encoding") ?? "");
      const body = takesGzip ? await page() : await plainPage();
      const encoded = takesGzip ? { ...headers, "Content-Encoding": "gzip" } : headers;
      endResponse(sharingBody(new fetchAPI.Response(body, { headers: encoded }), body));
    },
  };
}

/**
 * GraphiQL previews, on hover, any text in an answer that looks like the path of an image, `//host/path` included.
 * Without `img-src`, data that Sentry was sent could make a reader's browser call any host.
 */
const policy = "frame-ancestors 'none'; img-src 'self' data:; connect-src 'self'";

/** Matches gzip in an `Accept-Encoding`, unless `q=0` refuses it. */
const gzip = /\bgzip\b(?! *; *q=0(?:\.0*)? *(?:,|$))/i;

/**
 * The page, gzipped; rendered when it is first asked for, then kept.
 *
 * A worker thread renders it: merely loading the renderer would block the event loop for 100 ms, and its 9 MB need not
 * stay in memory.
 */
function rendered(options: GraphiQLOptions): () => Promise<Uint8Array<ArrayBuffer>> {
  let page: Promise<Uint8Array<ArrayBuffer>> | undefined;
  return () => {
    page ??= new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
      new Worker(rendererUrl, { workerData: options, execArgv: [] })
        .once("message", resolve)
        .once("error", reject)
        .once("exit", () => reject(new Error("GraphiQL's renderer ended without a page.")));
    }).catch((error: unknown) => {
      page = undefined;
      throw error;
    });
    return page;
  };
}

/** Caches what `make` gives by a weak reference, for as long as somebody uses it. Concurrent callers share one call. */
function heldOnce<Value extends object>(make: () => Promise<Value>): () => Promise<Value> {
  let made: WeakRef<Value> | undefined;
  let making: Promise<Value> | undefined;
  async function anew(): Promise<Value> {
    const value = await make();
    made = new WeakRef(value);
    return value;
  }
  return async () => made?.deref() ?? (making ??= anew().finally(() => (making = undefined)));
}

// The sources are TypeScript, the package is JavaScript.
const rendererUrl = moduleUrl("./graphiql-renderer", import.meta.url);
