/**
 * @generated SignedSource<<3aee128e635a2bb8427bf9c1db52bea9>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
export type IssueSubstatus = "ARCHIVED_FOREVER" | "ARCHIVED_UNTIL_CONDITION_MET" | "ARCHIVED_UNTIL_ESCALATING" | "ESCALATING" | "NEW" | "ONGOING" | "OTHER" | "REGRESSED" | "%future added value";
export type operationsOpenIssuesQuery$variables = Record<PropertyKey, never>;
export type operationsOpenIssuesQuery$data = {
  readonly feed: {
    readonly cursor: string;
  };
  readonly issues: {
    readonly __id: string;
    readonly edges: ReadonlyArray<{
      readonly node: {
        readonly count: number;
        readonly id: string;
        readonly sentryId: string;
        readonly shortId: string | null | undefined;
        readonly substatus: IssueSubstatus | null | undefined;
        readonly title: string;
      };
    }>;
  };
};
export type operationsOpenIssuesQuery = {
  response: operationsOpenIssuesQuery$data;
  variables: operationsOpenIssuesQuery$variables;
};

const node: ConcreteRequest = (function(){
var v0 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "cursor",
  "storageKey": null
},
v1 = {
  "alias": null,
  "args": null,
  "concreteType": "Feed",
  "kind": "LinkedField",
  "name": "feed",
  "plural": false,
  "selections": [
    (v0/*:: as any*/)
  ],
  "storageKey": null
},
v2 = [
  {
    "alias": null,
    "args": null,
    "concreteType": "IssueEdge",
    "kind": "LinkedField",
    "name": "edges",
    "plural": true,
    "selections": [
      {
        "alias": null,
        "args": null,
        "concreteType": "Issue",
        "kind": "LinkedField",
        "name": "node",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "id",
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "sentryId",
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "shortId",
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "title",
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "substatus",
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "count",
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "__typename",
            "storageKey": null
          }
        ],
        "storageKey": null
      },
      (v0/*:: as any*/)
    ],
    "storageKey": null
  },
  {
    "alias": null,
    "args": null,
    "concreteType": "PageInfo",
    "kind": "LinkedField",
    "name": "pageInfo",
    "plural": false,
    "selections": [
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "endCursor",
        "storageKey": null
      },
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "hasNextPage",
        "storageKey": null
      }
    ],
    "storageKey": null
  },
  {
    "kind": "ClientExtension",
    "selections": [
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "__id",
        "storageKey": null
      }
    ]
  }
],
v3 = [
  {
    "kind": "Literal",
    "name": "filter",
    "value": {
      "status": {
        "eq": "UNRESOLVED"
      }
    }
  },
  {
    "kind": "Literal",
    "name": "first",
    "value": 50
  }
];
return {
  "fragment": {
    "argumentDefinitions": [],
    "kind": "Fragment",
    "metadata": null,
    "name": "operationsOpenIssuesQuery",
    "selections": [
      (v1/*:: as any*/),
      {
        "alias": "issues",
        "args": null,
        "concreteType": "IssueConnection",
        "kind": "LinkedField",
        "name": "__operations_issues_connection",
        "plural": false,
        "selections": (v2/*:: as any*/),
        "storageKey": null
      }
    ],
    "type": "Query",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [],
    "kind": "Operation",
    "name": "operationsOpenIssuesQuery",
    "selections": [
      (v1/*:: as any*/),
      {
        "alias": null,
        "args": (v3/*:: as any*/),
        "concreteType": "IssueConnection",
        "kind": "LinkedField",
        "name": "issues",
        "plural": false,
        "selections": (v2/*:: as any*/),
        "storageKey": "issues(filter:{\"status\":{\"eq\":\"UNRESOLVED\"}},first:50)"
      },
      {
        "alias": null,
        "args": (v3/*:: as any*/),
        "filters": [],
        "handle": "connection",
        "key": "operations_issues",
        "kind": "LinkedHandle",
        "name": "issues"
      }
    ]
  },
  "params": {
    "cacheID": "e9c6afdabf854d14cf281c99f3424f7a",
    "id": null,
    "metadata": {
      "connection": [
        {
          "count": null,
          "cursor": null,
          "direction": "forward",
          "path": [
            "issues"
          ]
        }
      ]
    },
    "name": "operationsOpenIssuesQuery",
    "operationKind": "query",
    "text": "query operationsOpenIssuesQuery {\n  feed {\n    cursor\n  }\n  issues(first: 50, filter: {status: {eq: UNRESOLVED}}) {\n    edges {\n      node {\n        id\n        sentryId\n        shortId\n        title\n        substatus\n        count\n        __typename\n      }\n      cursor\n    }\n    pageInfo {\n      endCursor\n      hasNextPage\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "b70589206c4775cf005e2e64780ed5f0";

export default node;
