/**
 * @generated SignedSource<<114557e9804973743d6a1e3f8595fd5d>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
export type IssueSubstatus = "ARCHIVED_FOREVER" | "ARCHIVED_UNTIL_CONDITION_MET" | "ARCHIVED_UNTIL_ESCALATING" | "ESCALATING" | "NEW" | "ONGOING" | "OTHER" | "REGRESSED" | "%future added value";
export type operationsOpenIssuesChangedSubscription$variables = {
  after?: string | null | undefined;
  connections: ReadonlyArray<string>;
};
export type operationsOpenIssuesChangedSubscription$data = {
  readonly issueChanged: {
    readonly cursor: string;
    readonly edge: {
      readonly cursor: string;
      readonly node: {
        readonly id: string;
      };
    } | null | undefined;
    readonly issue: {
      readonly count: number;
      readonly id: string;
      readonly sentryId: string;
      readonly shortId: string | null | undefined;
      readonly substatus: IssueSubstatus | null | undefined;
      readonly title: string;
    };
    readonly leftId: string | null | undefined;
  };
};
export type operationsOpenIssuesChangedSubscription = {
  response: operationsOpenIssuesChangedSubscription$data;
  variables: operationsOpenIssuesChangedSubscription$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "after"
  },
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "connections"
  }
],
v1 = [
  {
    "kind": "Variable",
    "name": "after",
    "variableName": "after"
  },
  {
    "kind": "Literal",
    "name": "filter",
    "value": {
      "status": {
        "eq": "UNRESOLVED"
      }
    }
  }
],
v2 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "cursor",
  "storageKey": null
},
v3 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "leftId",
  "storageKey": null
},
v4 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "id",
  "storageKey": null
},
v5 = {
  "alias": null,
  "args": null,
  "concreteType": "IssueEdge",
  "kind": "LinkedField",
  "name": "edge",
  "plural": false,
  "selections": [
    (v2/*:: as any*/),
    {
      "alias": null,
      "args": null,
      "concreteType": "Issue",
      "kind": "LinkedField",
      "name": "node",
      "plural": false,
      "selections": [
        (v4/*:: as any*/)
      ],
      "storageKey": null
    }
  ],
  "storageKey": null
},
v6 = {
  "alias": null,
  "args": null,
  "concreteType": "Issue",
  "kind": "LinkedField",
  "name": "issue",
  "plural": false,
  "selections": [
    (v4/*:: as any*/),
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
    }
  ],
  "storageKey": null
},
v7 = [
  {
    "kind": "Variable",
    "name": "connections",
    "variableName": "connections"
  }
];
return {
  "fragment": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Fragment",
    "metadata": null,
    "name": "operationsOpenIssuesChangedSubscription",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": "IssueChange",
        "kind": "LinkedField",
        "name": "issueChanged",
        "plural": false,
        "selections": [
          (v2/*:: as any*/),
          (v3/*:: as any*/),
          (v5/*:: as any*/),
          (v6/*:: as any*/)
        ],
        "storageKey": null
      }
    ],
    "type": "Subscription",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Operation",
    "name": "operationsOpenIssuesChangedSubscription",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": "IssueChange",
        "kind": "LinkedField",
        "name": "issueChanged",
        "plural": false,
        "selections": [
          (v2/*:: as any*/),
          (v3/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "filters": null,
            "handle": "deleteEdge",
            "key": "",
            "kind": "ScalarHandle",
            "name": "leftId",
            "handleArgs": (v7/*:: as any*/)
          },
          (v5/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "filters": null,
            "handle": "prependEdge",
            "key": "",
            "kind": "LinkedHandle",
            "name": "edge",
            "handleArgs": (v7/*:: as any*/)
          },
          (v6/*:: as any*/)
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "97713896034c779e94d80db036ed68f7",
    "id": null,
    "metadata": {},
    "name": "operationsOpenIssuesChangedSubscription",
    "operationKind": "subscription",
    "text": "subscription operationsOpenIssuesChangedSubscription(\n  $after: Cursor\n) {\n  issueChanged(filter: {status: {eq: UNRESOLVED}}, after: $after) {\n    cursor\n    leftId\n    edge {\n      cursor\n      node {\n        id\n      }\n    }\n    issue {\n      id\n      sentryId\n      shortId\n      title\n      substatus\n      count\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "c83d394cf74e13030344deec657af350";

export default node;
