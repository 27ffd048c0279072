/** The limits of one worker's engine, from the settings and from what the workers have to share. */
import type { Configuration } from "../config/model.ts";
import type { Limits } from "../engines/engine.ts";

/**
 * @param workers number of workers, which share `limits.connections`, `limits.handshakes` and the file
 *   descriptors equally
 * @param descriptors how many file descriptors can be opened; Infinity if there are plenty
 */
export function engineLimits(
  { limits, timeouts, pools }: Configuration,
  workers: number,
  descriptors: number,
): Limits {
  // Half of the descriptors stay free for connections to backends.
  const connections = Math.min(limits.connections, Math.floor(descriptors / 2));
  return {
    maxInFlight: limits.inFlight,
    idleTimeout: Math.max(...Object.values(pools).map(({ timeouts }) => timeouts.idle)),
    headerTimeout: timeouts.header,
    keepAliveTimeout: timeouts.keepAlive,
    maxHeaderSize: limits.headerSize,
    maxHeaderLines: limits.headerLines,
    maxConnections: Math.max(1, Math.floor(connections / workers)),
    maxHandshakes: Math.max(1, Math.floor(limits.handshakes / workers)),
    handshakeTimeout: timeouts.handshake,
  };
}
