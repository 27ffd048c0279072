/** Reads where a unix socket is: `unix:/run/app.sock`, `unix:@app`. */
import { type Read, reading, type Refused } from "./reading.ts";

/** Where Deno may open sockets, by the permissions that this program runs with (docs/security.md). */
const FOLDERS = ["/run/", "/var/lib/roundabout/"];

/** What the system takes has 107 (unix(7)); a listener needs some more for a moment. In characters. */
const MAX_CHARACTERS = 90;

const PATH = /^(?:\/[\w.@+=~-]+)+$/;
const NAME = /^@[\w.@+=~/-]+$/;

const A_PATH = "must be the path of a unix socket such as /run/app.sock";
const A_PATH_OR_NAME = `${A_PATH}, or a name such as @app`;

/** Whether a text is meant for a unix socket. */
export function isUnixUrl(text: string): boolean {
  return /^unix:/i.test(text);
}

/** @param text for which {@linkcode isUnixUrl} is true */
export function readUnixUrl(text: string): Read<string> {
  return readUrl(text, refusePlace);
}

/** Reads the path or the name alone, as listeners have it. */
export function readUnixPlace(text: string): Read<string> {
  return readPlace(text, refusePlace);
}

/** The URL of the admin port. @param text for which {@linkcode isUnixUrl} is true */
export function readAdminUrl(text: string): Read<string> {
  return readUrl(text, refuseAdminPlace);
}

/** Its path alone. */
export function readAdminPlace(text: string): Read<string> {
  return readPlace(text, refuseAdminPlace);
}

type Refuse = (place: string) => Refused | string | undefined;

function readUrl(text: string, refuse: Refuse): Read<string> {
  const place = text.slice("unix:".length);
  const refused = refuse(place);
  if (refused === undefined) return reading(`unix:${place}`);
  if (typeof refused === "string") return refused;
  const { expected, meant } = refused;
  return { expected, meant: meant && `unix:${meant}` };
}

function readPlace(text: string, refuse: Refuse): Read<string> {
  if (isUnixUrl(text)) {
    const place = text.slice("unix:".length);
    const isMeant = refuse(place) === undefined;
    return { expected: "must be a path without unix:", meant: isMeant ? place : undefined };
  }
  return refuse(text) ?? reading(text);
}

/** That of the admin port is a path: fetch, by which commands ask it, opens no abstract sockets. */
function refuseAdminPlace(place: string): Refused | string | undefined {
  if (place.startsWith("@")) return "must be a path: commands open no abstract sockets";
  return refusePlace(place, A_PATH);
}

/** @param shape what is expected of it */
function refusePlace(place: string, shape = A_PATH_OR_NAME): Refused | string | undefined {
  if (place.length > MAX_CHARACTERS) return `must have at most ${MAX_CHARACTERS} characters`;
  if (NAME.test(place)) return undefined;
  const isPath = PATH.test(place) && !/\/\.{1,2}(?:\/|$)/.test(place);
  if (!isPath) {
    const plain = place.replace(/^\/+/, "/");
    const isMeant = plain !== place && refusePlace(plain) === undefined;
    return { expected: shape, meant: isMeant ? plain : undefined };
  }
  if (FOLDERS.some((folder) => place.startsWith(folder))) return undefined;
  return {
    expected: "must be below /run or /var/lib/roundabout: this program may open no other sockets",
    meant: place.startsWith("/var/run/") ? place.slice("/var".length) : undefined,
  };
}
