/** What the bench of the cost of TLS measures, and what it finds. */
import type { Plan } from "./client.ts";
import type { Ports } from "./proxies.ts";

/** What is measured on one kind of connection. */
export interface Work {
  readonly title: string;
  readonly port: keyof Ports;
  /** What makes new connections; without it wrk keeps them. */
  readonly connect?: Pick<Plan, "plain" | "version" | "resume">;
}

export const WORKS: Readonly<Record<string, Work>> = {
  plain: { title: "GET, kept, plain", port: "plain" },
  tls13: { title: "GET, kept, TLS 1.3", port: "ecdsa" },
  new: { title: "new connection, plain", port: "plain", connect: { plain: true } },
  full13: { title: "whole handshake, 1.3, ECDSA P-256", port: "ecdsa", connect: {} },
  full13rsa: { title: "whole handshake, 1.3, RSA 2048", port: "rsa", connect: {} },
  full12: {
    title: "whole handshake, 1.2, ECDSA P-256",
    port: "ecdsa",
    connect: { version: "1.2" },
  },
  resumed13: { title: "resumed, 1.3", port: "ecdsa", connect: { resume: true } },
  resumed12: {
    title: "resumed, 1.2",
    port: "ecdsa",
    connect: { version: "1.2", resume: true },
  },
};

export interface Run {
  readonly proxy: string;
  readonly work: string;
  readonly round: number;
  /** CPU time in microseconds: of one request, or of one connection with one request. */
  readonly cpu: number;
  readonly perSecond: number;
  /** The share of its core that the proxy used. */
  readonly busy: number;
  /** The share of connections that resumed. */
  readonly resumed: number;
}

/** In bytes: of the process before, and of each idle connection. */
export interface MemoryRun {
  readonly proxy: string;
  readonly before: number;
  readonly plain: number;
  readonly tls: number;
}
