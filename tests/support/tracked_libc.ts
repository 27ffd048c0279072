/** The calls of the system, made for real, for tests: knows which descriptors are open, and that they are used rightly. */
import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { Libc, type SocketOption } from "../../lib/net/epoll/libc.ts";
import type { Bytes } from "../../lib/net/connection.ts";
import { AF_UNIX, encodeAddress } from "../../lib/net/epoll/socket_address.ts";

/**
 * Other threads of a process of tests open and close descriptors all the time. One that is closed twice, or used after
 * it was closed, would be somebody else's: that throws, and stays in {@linkcode misuse}.
 */
export class TrackedLibc extends Libc {
  /** What is open. */
  readonly descriptors = new Set<number>();
  readonly misuse: string[] = [];
  /** How often it was asked what has happened. */
  waits = 0;

  override socket(family: number): number {
    return this.#opened(super.socket(family));
  }

  override accept(descriptor: number): number {
    this.#check("accept", descriptor);
    return this.#opened(super.accept(descriptor));
  }

  override open(path: string): number {
    return this.#opened(super.open(path));
  }

  override epollCreate(): number {
    return this.#opened(super.epollCreate());
  }

  override close(descriptor: number): number {
    this.#check("close", descriptor);
    this.descriptors.delete(descriptor);
    return super.close(descriptor);
  }

  override turnOn(descriptor: number, option: SocketOption): number {
    this.#check("setsockopt", descriptor);
    return super.turnOn(descriptor, option);
  }

  override takeError(descriptor: number): number {
    this.#check("getsockopt", descriptor);
    return super.takeError(descriptor);
  }

  override localAddress(descriptor: number): number {
    this.#check("getsockname", descriptor);
    return super.localAddress(descriptor);
  }

  override receive(descriptor: number, into: Bytes): number {
    this.#check("recv", descriptor);
    return super.receive(descriptor, into);
  }

  override send(descriptor: number, bytes: Bytes): number {
    this.#check("send", descriptor);
    return super.send(descriptor, bytes);
  }

  override closeWrite(descriptor: number): number {
    this.#check("shutdown", descriptor);
    return super.closeWrite(descriptor);
  }

  override epollWait(epoll: number, events: Bytes, count: number, milliseconds: number): number {
    this.waits++;
    return super.epollWait(epoll, events, count, milliseconds);
  }

  /**
   * Throws if one of them was used wrongly, or if more are open than that. What an event loop was about to open to sleep
   * with takes some turns.
   */
  async checkAllClosedBut(count: number): Promise<void> {
    for (let turn = 0; turn < 200 && this.descriptors.size > count; turn++) await delay(turn);
    assertEquals(this.descriptors.size, count, "a descriptor is left open");
    assertEquals(this.misuse.splice(0), []);
  }

  /** A connection of unix sockets, both ends of it. */
  connectedPair(): [number, number] {
    const address = encodeAddress({ path: `\0roundabout-test-${crypto.randomUUID()}` });
    const listening = this.socket(AF_UNIX);
    if (this.bind(listening, address) < 0 || this.listen(listening, 1) < 0) throw this.error();
    const connected = this.socket(AF_UNIX);
    if (this.connect(connected, address) < 0) throw this.error();
    const accepted = this.accept(listening);
    this.close(listening);
    return [accepted, connected];
  }

  #opened(descriptor: number): number {
    if (descriptor >= 0) this.descriptors.add(descriptor);
    return descriptor;
  }

  #check(call: string, descriptor: number): void {
    if (this.descriptors.has(descriptor)) return;
    const problem = `${call} of descriptor ${descriptor}, which is not open`;
    this.misuse.push(problem);
    throw new Error(problem);
  }
}
