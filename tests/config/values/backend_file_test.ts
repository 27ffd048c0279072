import { assert, assertEquals } from "@std/assert";
import { readBackendFile } from "../../../lib/config/values/backend_file.ts";
import { titleOf } from "../../../lib/config/values/listed_backend.ts";
import { type Complaint, isReading } from "../../../lib/config/values/reading.ts";

/** The backends as URLs with weights, or the complaints as they are. */
function read(text: string) {
  const list = readBackendFile(text);
  return isReading(list) ? list.value.map((entry) => [titleOf(entry), entry.weight]) : list;
}

const complaints = (text: string) =>
  (read(text) as readonly Complaint[]).map((
    { place, expected, shown },
  ) => [place, expected, shown]);

Deno.test("backend file: a line is what stands between ; in USERS_SERVICE, names included", () => {
  const text = `http://users-1:5000
http://users-2:5000/base/ weight=2
dns+http://users:5000 weight=3
srv+http://_users._tcp.example
`;
  assertEquals(read(text), [
    ["http://users-1:5000", 1],
    ["http://users-2:5000/base", 2],
    ["dns+http://users:5000", 3],
    ["srv+http://_users._tcp.example", 1],
  ]);
});

Deno.test("backend file: comments, blank lines, CRLF and a byte order mark are no matter", () => {
  const text =
    "\uFEFF# users\r\n\r\n  http://a # the first\r\n\thttp://b\t#\r\n#http://c\r\n   \r\n";
  assertEquals(read(text), [["http://a", 1], ["http://b", 1]]);
});

for (const text of ["", "\n\n", "# http://a\n", "\uFEFF", "   "]) {
  Deno.test(`backend file: ${JSON.stringify(text)} lists nothing and is refused`, () => {
    assertEquals(read(text), "must name a file with at least one backend");
  });
}

Deno.test("backend file: all lines that are no backend are told at once, each with its number", () => {
  const text = `# list
http://a
users-1:5000

http://b;http://c
http://a/
http://d weight=0
http://e#x
http://f,http://g
http://h weight=2 weight=3
dns+http://10.0.0.1
srv+http://_users._tcp.example weight=2
unix:/tmp/a.sock
http://a*
`;
  const NOT_HTTP = "must start with http:// or https://";
  const OPTION = "must have no option except weight=1 to weight=100, once per backend";
  assertEquals(complaints(text), [
    ["line 3", NOT_HTTP, "users-1:5000"],
    ["line 5", "must have one backend in each line", "http://b;http://c"],
    ["line 6", "must list each backend once", "http://a/"],
    ["line 7", OPTION, "http://d weight=0"],
    ["line 8", "must not have a fragment", "http://e#x"],
    ["line 9", "must have one backend in each line", "http://f,http://g"],
    ["line 10", OPTION, "http://h weight=2 weight=3"],
    [
      "line 11",
      "must have a name after dns+http://, as an address stands for itself",
      "dns+http://10.0.0.1",
    ],
    [
      "line 12",
      "must have no weight, as SRV records say it",
      "srv+http://_users._tcp.example weight=2",
    ],
    [
      "line 13",
      "must be below /run or /var/lib/roundabout: this program may open no other sockets",
      "unix:/tmp/a.sock",
    ],
    ["line 14", "must have one host name or address", "http://a*"],
  ]);
});

Deno.test("backend file: what was meant is said, and passwords are not shown", () => {
  const [one, other] = read("users-1:5000\nhttp://bob:secret@users-1 weight=9999\n") as Complaint[];
  assertEquals(one?.meant, "http://users-1:5000");
  assertEquals([other?.shown, other?.expected], [
    "***@users-1 weight=9999",
    "must not have credentials",
  ]);
  assert(!JSON.stringify(other).includes("secret"));
});

Deno.test("backend file: more than 1 MiB is refused, and as much is read", () => {
  const line = "http://a\n";
  const fill = (bytes: number) => line + "#".repeat(bytes - line.length);
  assertEquals(read(fill(1024 * 1024)), [["http://a", 1]]);
  assertEquals(read(fill(1024 * 1024 + 1)), "must name a file of at most 1 MiB");
});

Deno.test("backend file: a binary file is refused", () => {
  assertEquals(complaints("\x7fELF\x02\x01").length, 1);
});
