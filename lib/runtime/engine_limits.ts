/** The limits of one worker's engine, from the settings and from what the workers have to share. */
import type { Config } from "../config/schema.ts";
import type { Limits } from "../engines/engine.ts";

/**
 * @param workers number of workers, which share MAX_CONNECTIONS and the file descriptors equally
 * @param descriptors how many file descriptors can be opened; Infinity if there are plenty
 */
export function engineLimits(config: Config, workers: number, descriptors: number): Limits {
  // Half of the descriptors stay free for connections to backends.
  const connections = Math.min(config.MAX_CONNECTIONS, Math.floor(descriptors / 2));
  return {
    connectTimeout: config.CONNECT_TIMEOUT,
    firstByteTimeout: config.FIRST_BYTE_TIMEOUT,
    idleTimeout: config.IDLE_TIMEOUT,
    requestTimeout: config.REQUEST_TIMEOUT,
    maxInFlight: config.MAX_IN_FLIGHT,
    backendIdleTimeout: config.BACKEND_IDLE_TIMEOUT,
    tunnelIdleTimeout: config.TUNNEL_IDLE_TIMEOUT,
    halfClosedTimeout: config.HALF_CLOSED_TIMEOUT,
    headerTimeout: config.HEADER_TIMEOUT,
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT,
    maxHeaderSize: config.MAX_HEADER_SIZE,
    maxHeaderLines: config.MAX_HEADER_LINES,
    maxConnections: Math.max(1, Math.floor(connections / workers)),
  };
}
