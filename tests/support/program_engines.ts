/** What tests of the whole program run with: both engines, and both kinds of sockets of the tcp engine. */

export interface ProgramEngine {
  /** For names of tests. */
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

export const PROGRAM_ENGINES: readonly ProgramEngine[] = [
  { name: "web engine", env: { ENGINE: "web" } },
  { name: "tcp engine", env: { ENGINE: "tcp" } },
  ...Deno.build.os === "linux"
    ? [{ name: "tcp engine with io epoll", env: { ENGINE: "tcp", IO: "epoll" } }]
    : [],
];
