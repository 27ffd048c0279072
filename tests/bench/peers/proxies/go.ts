import { readVersion, runProgram } from "../programs.ts";
import { type Proxy, type Site, startProgram } from "../proxy.ts";

const SOURCE = new URL("../go_proxy/main.go", import.meta.url).pathname;

/** The reverse proxy of Go's standard library. */
export const go: Proxy = {
  key: "go",
  name: "Go ReverseProxy",
  version: () => readVersion("go", ["version"]),
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

/** Only needs the standard library, so modules are off and no network is needed. */
async function build({ directory }: Site): Promise<string> {
  const program = `${directory}/go_proxy`;
  const built = await runProgram("go", ["build", "-o", program, SOURCE], {
    env: { GO111MODULE: "off", CGO_ENABLED: "0" },
  });
  if (!built?.success) throw new Error(`Cannot build ${SOURCE} as go failed: ${built?.text}`);
  return program;
}
