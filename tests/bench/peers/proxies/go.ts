import { buildGo } from "../go_program.ts";
import { readVersion } from "../programs.ts";
import { type Proxy, startProgram } from "../proxy.ts";

/** The reverse proxy of Go's standard library. */
export const go: Proxy = {
  key: "go",
  name: "Go ReverseProxy",
  version: () => readVersion("go", ["version"]),
  async start(site) {
    const { port, tlsPort, backendPorts, certificate, workers, directory } = site;
    const program = await buildGo("go_proxy", directory);
    const tls = certificate === undefined ? [] : [
      "-tls-port",
      String(tlsPort),
      "-cert",
      certificate.certificateFile,
      "-key",
      certificate.keyFile,
    ];
    return await startProgram(
      [program, "-port", String(port), ...tls, ...backendPorts.map(String)],
      site,
      { GOMAXPROCS: String(workers) },
    );
  },
};
