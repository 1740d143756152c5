import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import type { Metafile, Plugin } from "esbuild";

/**
 * Builds the program: one file for the command line, one for each thread, and the page at `/`, dependencies included.
 *
 * Read from its sources, every thread loads hundreds of small files and a compiler for their types: measured, a gateway
 * then starts in 1.9 s and takes 480 MB; built, in 0.5 s and 140 MB.
 */

const root = import.meta.dirname;

const { build } = await import("esbuild").catch((cause: unknown) => {
  // Where NODE_ENV is production, npm leaves out what is needed for development alone.
  throw new Error('What builds Issuewire is not installed. Run "npm ci --include=dev".', { cause });
});

/** What is started by its file's name. Each finds the others beside itself. */
const entryPoints = [
  "src/cli.ts",
  "src/index.ts",
  "src/server/read-worker.ts",
  "src/server/write-worker.ts",
  "src/store/sqlite/checkpoint-worker.ts",
  "src/sentry/parse-worker.ts",
  "src/graphql/plugins/graphiql-renderer.ts",
];

/** Loads binaries of its own, so it stays a dependency of the package. */
const external = ["better-sqlite3"];

/**
 * Always bundles graphql-js as ES modules. In the CommonJS form, which Node itself would load, every use of an export is
 * looked up by name, which takes longer than most of what is looked up.
 */
const graphqlAsModules: Plugin = {
  name: "graphql-as-modules",
  setup({ onResolve }) {
    onResolve({ filter: /^graphql(?:\/.+\.js)?$/ }, ({ path }) => {
      const file = path === "graphql" ? "graphql/index.mjs" : path.replace(/\.js$/, ".mjs");
      return { path: createRequire(import.meta.url).resolve(file) };
    });
  },
};

/** Writes the program into a folder of this project, touching only what changed: a gateway may be running from there. */
export async function buildInto(folder: string): Promise<void> {
  const { outputFiles, metafile } = await build({
    entryPoints,
    external,
    absWorkingDir: root,
    outdir: folder,
    entryNames: "[name]",
    plugins: [graphqlAsModules],
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // Otherwise graphql-js looks for a second copy of itself whenever it asks what a value is, which a bundle cannot have.
    define: { "process.env.NODE_ENV": '"production"' },
    // What is CommonJS in the bundle requires Node's own modules.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  mkdirSync(folder, { recursive: true });
  for (const { path, contents } of outputFiles) writeChanged(path, contents);
  const page = await buildPageInto(join(folder, "web"));
  const inputs = { ...metafile.inputs, ...page.inputs };
  writeChanged(join(folder, "THIRD-PARTY-NOTICES.txt"), Buffer.from(noticesOf(inputs)));
}

/** Writes the page at `/`: `index.html`, and the files that it names, whose own names hold a hash of their contents. */
async function buildPageInto(folder: string): Promise<Metafile> {
  const client = "src/web/client";
  const { outputFiles, metafile } = await build({
    entryPoints: ["main.ts", "style.css", "icon.svg"].map((name) => join(client, name)),
    absWorkingDir: root,
    outdir: folder,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    // What only one view needs is a file of its own: the page does not wait for it.
    splitting: true,
    minify: true,
    platform: "browser",
    target: "es2023",
    format: "esm",
    loader: { ".svg": "copy" },
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  const built = new Map(
    Object.entries(metafile.outputs).map(([path, { entryPoint, inputs }]) => [
      basename(entryPoint ?? Object.keys(inputs)[0] ?? path),
      basename(path),
    ]),
  );
  const document = readFileSync(join(root, client, "index.html"), "utf8").replace(
    /(src|href)="([\w.]+)"/g,
    (_whole, attribute: string, name: string) => `${attribute}="/assets/${built.get(name)!}"`,
  );
  mkdirSync(folder, { recursive: true });
  for (const { path, contents } of outputFiles) writeChanged(path, contents);
  writeChanged(join(folder, "index.html"), Buffer.from(document));
  const current = new Set(["index.html", ...outputFiles.map(({ path }) => basename(path))]);
  for (const name of readdirSync(folder)) if (!current.has(name)) rmSync(join(folder, name));
  return metafile;
}

function writeChanged(path: string, contents: Uint8Array): void {
  const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  if (existsSync(path) && digest(readFileSync(path)) === digest(contents)) return;
  // In one step, because a thread may be started from it meanwhile.
  writeFileSync(`${path}.${process.pid}`, contents);
  renameSync(`${path}.${process.pid}`, path);
}

/** The licences of the packages that are in the bundles, each version once, wherever it is installed. */
function noticesOf(inputs: Metafile["inputs"]): string {
  const folders = new Set(
    Object.keys(inputs).flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  );
  const notices = [...folders].map((folder) => noticeOf(join(root, folder))).toSorted();
  return `${[...new Set(notices)].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/** A package's licence, with the text that is in its files, or where that is when they only name it. */
function noticeOf(folder: string): string {
  const { name, version, license, repository } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  ) as Manifest;
  const textsOf = (names: RegExp) =>
    readdirSync(folder)
      .filter((file) => names.test(file))
      .map((file) => readFileSync(join(folder, file), "utf8").trim());
  const whole = textsOf(/^(licen[cs]e|notice)/i);
  const sections = textsOf(/^readme/i).flatMap(
    (readme) => /^#+ licen[cs]e\n+((?:The MIT .*\n+)?Copyright [^]*)/im.exec(readme)?.[1] ?? [],
  );
  const elsewhere = `Its text is in ${typeof repository === "string" ? repository : repository.url}`;
  const texts = [whole, sections, [elsewhere]].find((some) => some.length > 0)!;
  return [`${name} ${version} (${license})`, ...texts].join("\n\n");
}

type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly repository: string | { readonly url: string };
};
