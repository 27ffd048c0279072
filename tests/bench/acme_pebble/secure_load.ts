/** Requests over TLS to one port, whatever certificate it has: half of them on connections of their own. */
import { Agent, get } from "node:https";

const LOOPS = 8;

export class SecureLoad {
  readonly #port: number;
  readonly #running: Promise<void>[];
  readonly #failures: string[] = [];
  #count = 0;
  #isOver = false;

  constructor(port: number) {
    this.#port = port;
    this.#running = Array.from({ length: LOOPS }, (_, index) => this.#loop(index % 2 === 0));
  }

  async stop(): Promise<{ readonly count: number; readonly failures: readonly string[] }> {
    this.#isOver = true;
    await Promise.all(this.#running);
    return { count: this.#count, failures: this.#failures };
  }

  async #loop(keepAlive: boolean): Promise<void> {
    const agent = new Agent({ keepAlive, maxSockets: 1, rejectUnauthorized: false });
    while (!this.#isOver) {
      try {
        const text = await request(this.#port, agent);
        if (text !== "ok") throw new Error(`it answered ${JSON.stringify(text)}`);
        this.#count++;
      } catch (error) {
        const kind = keepAlive ? "kept" : "new";
        this.#failures.push(`${new Date().toISOString()} on a ${kind} connection: ${error}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    agent.destroy();
  }
}

function request(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, agent, servername: "a.test" };
    get(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => text += part);
      response.on("end", () => resolve(text));
      response.on("error", reject);
    }).on("error", reject);
  });
}
