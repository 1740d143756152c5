import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { execute, parse, subscribe, validate } from "graphql";
import { createPubSub, createSchema, createYoga } from "graphql-yoga";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

/**
 * What one writes with stock Yoga: a subscription over createPubSub, which executes for each subscriber.
 *
 * Arguments: a file with the JSON of an event's data. Prints its port. A POST to /publish tells everyone.
 */

const [file] = process.argv.slice(2) as [string];
const { issueChanged } = JSON.parse(readFileSync(file, "utf8")) as { readonly issueChanged: object };

const pubSub = createPubSub<{ issueChanged: [object] }>();
const schema = createSchema({
  typeDefs: /* GraphQL */ `
    type Query {
      nothing: Boolean
    }
    type Subscription {
      issueChanged(filter: IssueFilter): IssueChange!
    }
    input IssueFilter {
      title: StringComparator
    }
    input StringComparator {
      neq: String
    }
    type IssueChange {
      cursor: String!
      kind: String!
      issue: Issue!
      event: IssueEvent!
    }
    type Issue {
      id: ID!
      shortId: String
      title: String!
      status: String!
      substatus: String
      level: String!
      count: Float!
      lastSeen: String
    }
    type IssueEvent {
      action: String!
      source: String!
      occurredAt: String!
    }
  `,
  resolvers: {
    Subscription: {
      issueChanged: {
        subscribe: () => pubSub.subscribe("issueChanged"),
        resolve: (change: object) => change,
      },
    },
  },
});
const yoga = createYoga({ schema, logging: false });
const server = createServer((request, response) => {
  if (request.url !== "/publish") return void yoga(request, response);
  pubSub.publish("issueChanged", issueChanged);
  response.writeHead(202).end();
});
useServer(
  { schema, execute, subscribe, parse, validate },
  new WebSocketServer({ server, path: "/graphql", perMessageDeflate: false }),
);
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
