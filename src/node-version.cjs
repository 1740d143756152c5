// CommonJS that any Node can run, for whoever asks has loaded nothing yet that would fail or crash on an older one.
const [major] = process.versions.node.split(".").map(Number);

/** What is wrong with the Node that this runs on, and what to do; null where it is new enough. */
exports.faultOfNode =
  major >= 24
    ? null
    : `Issuewire needs Node 24 or newer; this is ${process.versions.node}. Run it by npm, as "npm start" or "npx issuewire", which brings its own unless optional packages or install scripts were left out; or install that.`;
