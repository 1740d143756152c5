import type { Random } from "./random.ts";

/**
 * A template for a project's issues. Slots in its texts let it make many of them: `{n}` a small number, `{id}` a large
 * one, `{ms}` milliseconds, `{hex}` a hash, `{sku}` an article, `{host}` a machine, `{route}` a path, `{page}` a place
 * in the code.
 */
export type FaultTemplate =
  /** An exception, caught by an SDK. */
  | {
      readonly is: "exception";
      readonly type: string;
      readonly value: string;
      readonly filename: string;
      readonly function: string;
      readonly culprit: string;
      readonly level?: "warning" | "fatal";
      /** Caught by the program and still reported. */
      readonly isHandled?: true;
      readonly logger?: string;
    }
  /** A log line. */
  | {
      readonly is: "message";
      readonly title: string;
      readonly culprit: string;
      readonly logger: string;
      readonly level: "debug" | "info" | "warning" | "error" | "fatal";
    }
  /** A monitor's finding. Its recovery resolves the issue without an issue webhook. */
  | {
      readonly is: "outage";
      readonly issueType: "monitor_check_in_failure" | "uptime_domain_failure";
      readonly title: string;
      readonly value: string;
      readonly culprit: string;
    }
  /** A detector's finding in traces or metrics. Sentry sends no `created` for these. */
  | {
      readonly is: "detected";
      readonly issueType: string;
      readonly category: "db_query" | "http_client" | "metric" | "frontend" | "mobile";
      readonly title: string;
      readonly value: string;
      readonly culprit: string;
    }
  /** What a user wrote. */
  | { readonly is: "feedback"; readonly message: string; readonly name: string; readonly email: string };

const routes = [
  "/checkout",
  "/basket/{id}",
  "/api/orders/{id}/",
  "/articles/[sku]",
  "/account/addresses",
  "/api/returns/",
  "/v1/quotes",
  "/search",
  "/api/shipments/{id}/label",
] as const;
const pages = [
  "session",
  "basket",
  "pricing",
  "delivery",
  "invoices",
  "returns",
  "capture",
  "rates",
  "inventory",
] as const;

/** Fills the slots of one issue's texts, all with the same route, page, machine and article. */
export function createFiller(random: Random): (text: string) => string {
  const route = random.pick(routes);
  const page = random.pick(pages);
  const host = `10.${random.below(8)}.${random.below(256)}.${1 + random.below(254)}`;
  const sku = `TW-${1000 + random.below(9000)}`;
  const fill = (slot: string, name: string): string => {
    switch (name) {
      case "route":
        // A route keeps its own slots: they are the names of its parameters.
        return route;
      case "page":
        return page;
      case "host":
        return host;
      case "sku":
        return sku;
      case "n":
        return `${10 + random.below(90)}`;
      case "id":
        return `${100_000 + random.below(9_000_000)}`;
      case "ms":
        return `${1_000 + random.below(29_000)}`;
      case "hex":
        return random.hex32().slice(0, 8);
      default:
        return slot;
    }
  };
  return (text) => (text.includes("{") ? text.replace(/\{(\w+)\}/g, fill) : text);
}
