import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { extname } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** The web page: its document at `/`, and its files under `/assets/`. */
export type WebPage = {
  /**
   * Answers a GET or HEAD with the document. It holds only code, which asks /graphql for the data. So it may also be
   * sent, with 401, to a reader whom /graphql refuses: the page then asks for a token.
   */
  readonly sendDocument: (
    request: IncomingMessage,
    response: ServerResponse,
    status: 200 | 401,
  ) => Promise<void>;
  /** Answers like `sendDocument`, with one of the files. False, and nothing is sent, if there is none at this path. */
  readonly sendAsset: (request: IncomingMessage, response: ServerResponse, path: string) => Promise<boolean>;
};

/** One file in every encoding that it is sent in. */
type Asset = {
  readonly contentType: string;
  /** A hash of the contents. */
  readonly tag: string;
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array;
  readonly br: Uint8Array;
};

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** No inline scripts or styles, nothing from other origins, no framing. */
const documentHeaders: OutgoingHttpHeaders = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Referrer-Policy": "same-origin",
};

const headersOf: Readonly<Record<200 | 401, OutgoingHttpHeaders>> = {
  200: { "Cache-Control": "no-cache" },
  401: { "Cache-Control": "no-store", "WWW-Authenticate": "Bearer" },
};

/** The element that tells the page to link to GraphiQL. */
const graphiqlMark = /<meta name="graphiql"[^>]*>/;

/**
 * The page that `build.ts` made in this folder, with a link to GraphiQL if that is served. Opens nothing: the files,
 * some 200 kB together, are read and compressed on the first request, then kept.
 */
export function createWebPage(folder: URL, { graphiql }: { readonly graphiql: boolean }): WebPage {
  let reading: Promise<ReadonlyMap<string, Asset>> | undefined;
  const assets = () =>
    (reading ??= readAssets(folder, graphiql).catch((error: unknown) => {
      reading = undefined;
      throw error;
    }));

  return {
    async sendDocument(request, response, status) {
      const document = (await assets()).get("index.html");
      if (document === undefined)
        throw new Error(`The page is not built: ${folder.pathname} has no index.html.`);
      const headers = { ...documentHeaders, ...headersOf[status] };
      send(request, response, document, { status, headers });
    },
    async sendAsset(request, response, path) {
      const [, name] = /^\/assets\/([\w-]+\.(?:js|css|svg))$/.exec(path) ?? [];
      if (name === undefined) return false;
      const asset = (await assets()).get(name);
      if (asset === undefined) return false;
      // A file's name holds a hash of its contents.
      const headers = { "Cache-Control": "public, max-age=31536000, immutable" };
      send(request, response, asset, { status: 200, headers });
      return true;
    },
  };
}

async function readAssets(folder: URL, graphiql: boolean): Promise<ReadonlyMap<string, Asset>> {
  const names = (await readdir(folder)).filter((name) => contentTypes[extname(name)] !== undefined);
  const read = async (name: string) => {
    const contents = await readFile(new URL(name, folder));
    const isWithout = name === "index.html" && !graphiql;
    const plain = isWithout ? Buffer.from(contents.toString().replace(graphiqlMark, "")) : contents;
    return [name, await assetOf(name, plain)] as const;
  };
  return new Map(await Promise.all(names.map(read)));
}

async function assetOf(name: string, plain: Buffer): Promise<Asset> {
  const [br, gzipped] = await Promise.all([
    promisify(brotliCompress)(plain, {
      params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT },
    }),
    promisify(gzip)(plain, { level: constants.Z_BEST_COMPRESSION }),
  ]);
  const tag = createHash("sha256").update(plain).digest("base64url").slice(0, 16);
  return { contentType: contentTypes[extname(name)]!, tag, plain, gzip: gzipped, br };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  asset: Asset,
  { status, headers }: { readonly status: 200 | 401; readonly headers: OutgoingHttpHeaders },
): void {
  const encoding = encodingFor(request.headers["accept-encoding"] ?? "");
  const etag = `"${asset.tag}-${encoding}"`;
  const common = { ETag: etag, Vary: "Accept-Encoding", "X-Content-Type-Options": "nosniff", ...headers };
  if (status === 200 && namesTag(request.headers["if-none-match"] ?? "", etag)) {
    response.writeHead(304, common).end();
    return;
  }
  const bytes = asset[encoding];
  response.writeHead(status, {
    "Content-Type": asset.contentType,
    "Content-Length": bytes.byteLength,
    ...(encoding === "plain" ? {} : { "Content-Encoding": encoding }),
    ...common,
  });
  response.end(bytes);
}

/** The smallest encoding that an Accept-Encoding header accepts. */
function encodingFor(accepted: string): "br" | "gzip" | "plain" {
  const taken = new Set(
    accepted
      .toLowerCase()
      .split(",")
      .map((one) => one.split(";").map((part) => part.trim()))
      .filter(([, quality]) => !/^q=0(?:\.0*)?$/.test(quality ?? ""))
      .map(([name]) => name),
  );
  return taken.has("br") ? "br" : taken.has("gzip") ? "gzip" : "plain";
}

function namesTag(header: string, etag: string): boolean {
  return header.split(",").some((one) => [etag, `W/${etag}`, "*"].includes(one.trim()));
}
