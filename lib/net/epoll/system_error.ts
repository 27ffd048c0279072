/** Errors of the system, as Deno would have thrown them: the tables of errors are the same for all sockets. */

/** Numbers of Linux, the same on x86-64 and arm64 (errno(3)). */
export const EINTR = 4;
export const EAGAIN = 11;
export const EPIPE = 32;
export const EINPROGRESS = 115;

const { errors } = Deno;

const CLASSES: ReadonlyMap<number, new (message: string) => Error> = new Map([
  [1, errors.PermissionDenied], // EPERM
  [2, errors.NotFound], // ENOENT
  [9, errors.BadResource], // EBADF
  [EAGAIN, errors.WouldBlock],
  [13, errors.PermissionDenied], // EACCES
  [EPIPE, errors.BrokenPipe],
  [98, errors.AddrInUse], // EADDRINUSE
  [99, errors.AddrNotAvailable], // EADDRNOTAVAIL
  [101, errors.NetworkUnreachable], // ENETUNREACH
  [103, errors.ConnectionAborted], // ECONNABORTED
  [104, errors.ConnectionReset], // ECONNRESET
  [107, errors.NotConnected], // ENOTCONN
  [110, errors.TimedOut], // ETIMEDOUT
  [111, errors.ConnectionRefused], // ECONNREFUSED
]);

/**
 * @param number as errno has it
 * @param text what the system calls it: `Connection refused`
 */
export function systemError(number: number, text: string): Error {
  const Class = CLASSES.get(number) ?? Error;
  return new Class(`${text} (os error ${number})`);
}
