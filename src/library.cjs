// What the package exports. CommonJS, which loads what it requires only once it has looked at what it runs on.
const { faultOfNode } = require("./node-version.cjs");

if (faultOfNode !== null) throw new Error(faultOfNode);
const { ConfigError, parseConfig, startGateway } = require("../dist/index.js");

// One by one, as those who import it by name need them.
exports.ConfigError = ConfigError;
exports.parseConfig = parseConfig;
exports.startGateway = startGateway;
