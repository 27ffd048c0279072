/** A worker on a version of Deno without the internals that sockets by epoll use. */
/// <reference lib="deno.worker" />
import "../../lib/runtime/worker.ts";

const { internal } = Deno as unknown as { readonly internal: symbol };
Object.defineProperty(Deno, internal, { value: {} });
