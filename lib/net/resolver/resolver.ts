/**
 * Resolves names by DNS: the addresses of a name, or the endpoints of a service. It knows what the system's
 * resolver does not tell: the TTL, and which kind of failure it was.
 *
 * The hosts file is not asked: a name of `dns+http://` stands for what DNS says of it.
 */
import { isIP } from "../is_ip.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import { askAddresses } from "./addresses.ts";
import { type Answer, found } from "./answer.ts";
import type { AskServersOptions } from "./ask_servers.ts";
import { type Failure, isNegative } from "./failure.ts";
import { type DnsServer, isSameName } from "./question.ts";
import { candidatesOf } from "./resolv_conf.ts";
import { ServerOrder } from "./server_order.ts";
import { askServices } from "./services.ts";
import { SystemConf } from "./system_conf.ts";

/** For one try at one server, in milliseconds. */
const TIMEOUT_MS = 2_000;

/** What is to be resolved. */
export interface Query {
  /** A and AAAA records, or SRV records and then those of their targets. */
  readonly kind: "dns" | "srv";
  /** As it was configured: search domains complete it, unless it ends with a dot. */
  readonly name: string;
}

/** @throws the signal's reason, and nothing else */
export type Resolve = (query: Query, signal: AbortSignal) => Promise<Answer>;

export interface ResolverOptions {
  readonly wheel: Wheel;
  /** The server to ask; undefined asks those of the system. */
  readonly server: DnsServer | undefined;
  /** For one try at one server; 2 seconds by default. */
  readonly timeoutMs?: number;
  /** The file that names the system's servers and search domains; /etc/resolv.conf by default. */
  readonly resolvConf?: string;
}

export function createResolver(options: ResolverOptions): Resolve {
  const { wheel, server, timeoutMs = TIMEOUT_MS, resolvConf } = options;
  const system = new SystemConf(resolvConf);
  const order = new ServerOrder();
  return async ({ kind, name }, signal) => {
    const known = kind === "dns" ? addressesWithoutDns(name) : [];
    if (known.length > 0) {
      return found(known.map((address) => ({ name, address })), Infinity, []);
    }
    const conf = await system.read(wheel.now);
    const servers = server === undefined ? conf.servers : [server];
    const how: AskServersOptions = { servers, order, wheel, timeoutMs, signal };
    let nothing: Answer | undefined;
    for (const full of candidatesOf(name, conf)) {
      const answer =
        await (kind === "dns" ? askAddresses(full, name, how) : askServices(full, how));
      if (answer.kind === "found" || !mayBeAnother(answer.failure)) return answer;
      if (nothing?.kind !== "no news" || nothing.failure.kind === "nxdomain") nothing = answer;
    }
    return nothing!; // a name has one candidate at least: itself
  };
}

/**
 * Whether the next full name may be meant. After a failure nobody knows whether this one exists, and the next
 * one may be another service; so it may be if this one exists and a target of it does not.
 */
function mayBeAnother(failure: Failure): boolean {
  return isNegative(failure) && failure.subject === undefined;
}

/** Addresses stand for themselves, and localhost for this machine without asking anybody (RFC 6761, 6.3). */
function addressesWithoutDns(name: string): readonly string[] {
  if (isIP(name) !== 0) return [name];
  return isSameName(name, "localhost") ? ["127.0.0.1", "::1"] : [];
}
