// CommonJS that any Node can run: nothing that would fail or crash on an older one is loaded before it.
const [major] = process.versions.node.split(".").map(Number);

/** What is wrong with the Node that this runs on, and what to do; null if it is new enough. */
exports.faultOfNode =
  major >= 24
    ? null
    : `Issuewire needs Node 24 or newer; this is ${process.versions.node}. Run it by npm, as "npm start" or "npx issuewire", which brings its own unless optional packages or install scripts were left out; or install that.`;
