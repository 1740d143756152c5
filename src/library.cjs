// The package's exports. CommonJS, which can check the Node version before it loads anything else.
const { faultOfNode } = require("./node-version.cjs");

if (faultOfNode !== null) throw new Error(faultOfNode);
const { ConfigError, parseConfig, startGateway } = require("../dist/index.js");

// One by one, so that named imports find them.
exports.ConfigError = ConfigError;
exports.parseConfig = parseConfig;
exports.startGateway = startGateway;
