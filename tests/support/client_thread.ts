/** A client in a thread of its own (client_thread_script.ts). */
export class ClientThread implements Disposable {
  readonly #worker = new Worker(new URL("./client_thread_script.ts", import.meta.url), {
    type: "module",
  });

  /** Sends an order. @returns the report on it */
  ask(order: number | Int32Array): Promise<string[]> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => resolve(data);
      this.#worker.onerror = ({ message }) => reject(new Error(message));
      this.#worker.postMessage(order);
    });
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
