import type { FaultTemplate } from "../fault.ts";

export const search: readonly FaultTemplate[] = [
  {
    is: "exception",
    type: "SyntaxError",
    value: "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
    filename: "/app/src/{page}.ts",
    function: "readIndex",
    culprit: "GET {route}",
  },
  {
    is: "exception",
    type: "Error",
    value: "connect ECONNREFUSED {host}:9200",
    filename: "node:net",
    function: "TCPConnectWrap.afterConnect [as oncomplete]",
    culprit: "GET {route}",
  },
  {
    is: "exception",
    type: "ResponseError",
    value: "search_phase_execution_exception: [query_shard_exception] No mapping found for [{sku}]",
    filename: "/app/src/{page}.ts",
    function: "query",
    culprit: "GET {route}",
  },
  {
    is: "exception",
    type: "UnhandledRejection",
    value: "Object captured as promise rejection with keys: code, message, requestId ({hex})",
    filename: "/app/src/{page}.ts",
    function: "warm",
    culprit: "warm(src/{page})",
    level: "fatal",
  },
  {
    is: "message",
    title: "Index “artikel_{n}” is {n} minutes behind",
    culprit: "indexer",
    logger: "indexer",
    level: "debug",
  },
  {
    is: "detected",
    issueType: "performance_n_plus_one_api_calls",
    category: "http_client",
    title: "N+1 API Call",
    value: "/v1/synonyms/*",
    culprit: "GET {route}",
  },
  {
    is: "outage",
    issueType: "uptime_domain_failure",
    title: "Downtime detected for https://search.tidewater.example{route}",
    value: "Your monitored domain is down",
    culprit: "",
  },
];
