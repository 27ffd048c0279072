/** A large configuration that is right, for tests that change it. */

/** The secrets in it: no message may show one. */
export const SECRETS = [
  "the secret of the cookie",
  "another secret of a cookie",
  "$2y$12$abcdefghijklmnopqrstuuRdQYbW1tVTG0vRkHL5XqFB8sXJyZK9C",
];

export const EXAMPLE = `{
  // Everything that is built.
  "$schema": "./roundabout.schema.json",
  "engine": "tcp",
  "workers": 2,
  "admin": { "host": "127.0.0.1", "port": 5001 },
  "instance": "edge-1",
  "log": { "access": "json" },
  "trustedProxies": ["10.0.0.0/8", "fd00::/8"],
  "limits": { "connections": 1000, "inFlight": 1000, "headerSize": "32KiB", "headerLines": 50 },
  "timeouts": { "header": "5s", "keepAlive": "30s", "drain": "10s" },
  "errorPages": { "503": "sorry" },
  "listeners": {
    "http": { "port": 8080 },
    "internal": { "host": "::1", "port": 8081 }
  },
  "defaults": {
    "policy": "p2c",
    "slowStart": "5s",
    "health": { "path": "/healthz", "status": "200-399", "interval": "1s", "rise": 1, "fall": 2 },
    "ejection": { "after": 3, "time": "5s", "max": "20%", "on5xx": true },
    "retry": { "attempts": 3, "budget": "10%" },
    "timeouts": { "connect": "1s", "firstByte": "10s", "idle": "10s", "request": "1m", "backendIdle": "3s" },
    "limits": { "backendInFlight": 100 }
  },
  "pools": {
    "users": {
      "backends": ["http://users-1:5000/base", { "url": "http://users-2:5000", "weight": 2 }],
      "sticky": { "cookie": "users", "secret": "${SECRETS[0]}" }
    },
    "search": {
      "backends": ["https://search-1", "https://search-2"],
      "policy": { "name": "consistent_hash", "on": "header:X-User", "balance": "125%" },
      "sticky": { "cookie": "search", "secret": "${SECRETS[1]}" }
    },
    "next": { "backends": ["http://\${NEXT_HOST:-next}:5000"], "health": "off" }
  },
  "routes": [
    { "name": "old", "match": { "host": "old.example.com" }, "redirect": { "host": "www.example.com", "status": 301 } },
    {
      "name": "api",
      "match": {
        "listener": ["http"],
        "host": ["api.example.com", "*.api.example.com"],
        "pathPrefix": "/users",
        "methods": ["GET", "POST"],
        "headers": { "X-Beta": "1", "X-Tenant": { "present": true }, "Accept": { "matches": "^text/" } },
        "query": { "v": "2" },
        "client": ["10.0.0.0/8"]
      },
      "stripPrefix": true,
      "rewriteHost": "users.internal:8080",
      "requestHeaders": { "set": { "X-From": "edge", "X-Client": "{client}" }, "add": {}, "remove": ["X-Debug"] },
      "responseHeaders": { "set": { "Cache-Control": "no-store" }, "remove": ["Server"] },
      "timeouts": { "firstByte": "10s" },
      "retry": { "attempts": 2 },
      "pool": "users"
    },
    { "name": "checkout", "match": { "pathPrefix": "/checkout" }, "split": { "users": 95, "next": 5 }, "splitOn": "cookie:side" },
    { "match": { "path": "/robots.txt" }, "respond": { "status": 200, "headers": { "Content-Type": "text/plain" }, "body": "User-agent: *" } },
    { "pool": "search", "errorPages": { "502": "later" } }
  ],
  "tests": [
    { "request": "GET https://old.example.com/a?b=1", "expect": { "status": 301, "location": "https://www.example.com/a?b=1" } }
  ]
}
`;
