/** Reads where a unix socket is: `unix:/run/app.sock`, `unix:@app`. */
import { type Read, reading, type Refused } from "./reading.ts";

/** Where Deno may open sockets, by the permissions that this program runs with (docs/security.md). */
const FOLDERS = ["/run/", "/var/lib/roundabout/"];

/** What the system takes has 107 (unix(7)); a listener needs some more for a moment. In characters. */
const MAX_CHARACTERS = 90;

const PATH = /^(?:\/[\w.@+=~-]+)+$/;
const NAME = /^@[\w.@+=~/-]+$/;

/** Whether a text is meant for a unix socket. */
export function isUnixUrl(text: string): boolean {
  return /^unix:/i.test(text);
}

/** @param text for which {@linkcode isUnixUrl} is true */
export function readUnixUrl(text: string): Read<string> {
  const place = text.slice("unix:".length);
  const refused = refusePlace(place);
  if (refused === undefined) return reading(`unix:${place}`);
  if (typeof refused === "string") return refused;
  const { expected, meant } = refused;
  return { expected, meant: meant && `unix:${meant}` };
}

/** Reads the path or the name alone, as listeners have it. */
export function readUnixPlace(text: string): Read<string> {
  if (isUnixUrl(text)) {
    const place = text.slice("unix:".length);
    const isMeant = refusePlace(place) === undefined;
    return { expected: "must be a path without unix:", meant: isMeant ? place : undefined };
  }
  return refusePlace(text) ?? reading(text);
}

function refusePlace(place: string): Refused | string | undefined {
  if (place.length > MAX_CHARACTERS) return `must have at most ${MAX_CHARACTERS} characters`;
  if (NAME.test(place)) return undefined;
  const isPath = PATH.test(place) && !/\/\.{1,2}(?:\/|$)/.test(place);
  if (!isPath) {
    const plain = place.replace(/^\/+/, "/");
    const isMeant = plain !== place && refusePlace(plain) === undefined;
    return {
      expected: "must be the path of a unix socket such as /run/app.sock, or a name such as @app",
      meant: isMeant ? plain : undefined,
    };
  }
  if (FOLDERS.some((folder) => place.startsWith(folder))) return undefined;
  return {
    expected: "must be below /run or /var/lib/roundabout: this program may open no other sockets",
    meant: place.startsWith("/var/run/") ? place.slice("/var".length) : undefined,
  };
}
