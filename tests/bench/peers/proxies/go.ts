import { outputOf, versionOf } from "../programs.ts";
import { type Proxy, type Site, startProgram } from "../proxy.ts";

const SOURCE = new URL("../go_proxy/main.go", import.meta.url).pathname;

/** What one gets of Go's standard library alone. */
export const go: Proxy = {
  key: "go",
  name: "Go ReverseProxy",
  version: () => versionOf("go", ["version"]),
  async start(site) {
    const program = await build(site);
    const { port, tlsPort, backendPorts, certificate, workers } = site;
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

/** Nothing but the standard library is needed, hence no modules, and no network. */
async function build({ directory }: Site): Promise<string> {
  const program = `${directory}/go_proxy`;
  const built = await outputOf("go", ["build", "-o", program, SOURCE], {
    env: { GO111MODULE: "off", CGO_ENABLED: "0" },
  });
  if (!built?.success) throw new Error(`Cannot build ${SOURCE} as go says: ${built?.text}`);
  return program;
}
