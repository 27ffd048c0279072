/**
 * The reference of the configuration file, docs/reference.md: every setting, as the schema defines it.
 * `deno task docs` runs this file, which writes the page anew, and roundabout.schema.json.
 */
import { z } from "zod";
import { configuration } from "../../lib/config/schema/root.ts";
import { formatJsonSchema } from "../../lib/config/schema/json_schema.ts";
import { itemOf, settingsOf, whenAbsent } from "../../lib/config/schema/walk.ts";
import { variableOf } from "../../lib/config/source/variables.ts";
import type { Path } from "../../lib/config/tree/node.ts";

export const PAGE = new URL("../../docs/reference.md", import.meta.url);
export const JSON_SCHEMA = new URL("../../roundabout.schema.json", import.meta.url);

const BEGIN = "<!-- Written by deno task docs from lib/config/schema: -->\n";
const END = "<!-- end of what deno task docs writes -->\n";

const HEADINGS = ["Setting", "Default", "Values", "Variable", "Meaning"];

/** What no value is, so that the refusal says what one must be. */
const NO_VALUE = "\x01";

interface Row {
  /** Its name below the heading. */
  readonly setting: string;
  readonly schema: z.ZodType;
  /** Its path in the configuration; `*` stands for any name, and for any place in a list. */
  readonly path: Path;
  /** Whether it must be there. */
  readonly isRequired: boolean;
}

/** The page with its tables as the schema has them now. */
export function withReference(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error("the page has no marks");
  return `${before}${BEGIN}\n${renderReference()}\n${END}${after}`;
}

function renderReference(): string {
  const all = Object.entries(settingsOf(configuration)!);
  const isGroup = ([, schema]: [string, z.ZodType]) => rowsBelow("", schema, []).length > 0;
  const top = all.filter((setting) => !isGroup(setting)).map(([setting, schema]): Row => ({
    setting,
    schema,
    path: [setting],
    isRequired: false,
  }));
  const groups = all.filter(isGroup).filter(([name]) => name !== "defaults");
  return [
    `## The top level\n\n${table(top)}`,
    ...groups.map(([name, schema]) => renderGroup(name, schema)),
  ].join("\n");
}

function renderGroup(name: string, schema: z.ZodType): string {
  const rows = rowsBelow("", schema, [name]);
  return `## ${name}\n\n${introduce(name, schema)}\n\n${table(rows)}`;
}

/** What stands before a table. */
function introduce(name: string, schema: z.ZodType): string {
  const { inner } = unwrap(schema);
  const about = `\`${name}\`: ${schema.description}`;
  if (name === "pools") {
    const shared = settingsOf(settingsOf(configuration)!["defaults"]!)!;
    const own = Object.keys(settingsOf(itemOf(schema)!)!).filter((key) => !(key in shared));
    return wrap(
      `${about} \`defaults\` may have the same settings for all pools, but for ` +
        `${own.map((key) => `\`${key}\``).join(", ")}.`,
    );
  }
  if (inner instanceof z.ZodArray) return wrap(`${about} A list; of each entry:`);
  return wrap(inner instanceof z.ZodRecord ? `${about} Each has a name.` : about);
}

/** The settings that a value has, and those that these have. */
function rowsBelow(prefix: string, schema: z.ZodType, path: Path): Row[] {
  const settings = settingsOf(schema);
  if (settings !== undefined && !isShort(schema)) {
    return Object.entries(settings).flatMap(([name, inner]) => {
      const setting = prefix === "" || prefix.endsWith("].") ? prefix + name : `${prefix}.${name}`;
      const row: Row = {
        setting,
        schema: inner,
        path: [...path, name],
        isRequired: !isUnion(schema) && !mayBeAbsent(inner),
      };
      return [row, ...rowsBelow(setting, inner, row.path)];
    });
  }
  const item = settings === undefined ? itemOf(schema) : undefined;
  if (item === undefined) return [];
  const isList = unwrap(schema).inner instanceof z.ZodArray;
  const step = prefix === "" ? "" : isList ? `${prefix}[].` : `${prefix}.NAME`;
  return rowsBelow(step, item, [...path, "*"]);
}

/** Whether the objects that a value may be are short enough to be shown in its row. */
function isShort(schema: z.ZodType): boolean {
  const { inner } = unwrap(schema);
  if (!(inner instanceof z.ZodUnion)) return false;
  const objects = (inner.options as z.ZodType[]).map(settingsOf).filter((found) => found);
  return objects.every((settings) => Object.keys(settings!).length === 1);
}

/** Of a value that may be written in several ways, none of which needs what another one has. */
function isUnion(schema: z.ZodType): boolean {
  return unwrap(schema).inner instanceof z.ZodUnion;
}

function mayBeAbsent(schema: z.ZodType): boolean {
  return schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional;
}

function table(rows: readonly Row[]): string {
  const cells = [HEADINGS, ...rows.map(cellsOf)];
  const used = HEADINGS.map((_, column) => cells.slice(1).some((row) => row[column] !== ""));
  const shown = cells.map((row) => row.filter((_, column) => used[column]));
  const widths = shown[0]!.map((_, column) =>
    Math.max(...shown.map((row) => [...row[column]!].length))
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell + padding(cell, widths[column]!)).join(" | ")} |\n`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return line(shown[0]!) + rule + shown.slice(1).map(line).join("");
}

function padding(cell: string, width: number): string {
  return " ".repeat(width - [...cell].length);
}

function cellsOf({ setting, schema, path, isRequired }: Row): string[] {
  const variable = variableFor(path);
  return [
    `\`${setting}\``,
    isRequired ? "required" : defaultOf(schema),
    valuesOf(schema),
    variable === undefined ? "" : `\`${variable}\``,
    schema.description ?? "",
  ];
}

function defaultOf(schema: z.ZodType): string {
  const value = whenAbsent(schema);
  const isEmpty = typeof value === "object" && JSON.stringify(value) === "{}";
  return value === undefined || isEmpty ? "" : code(value);
}

/** What a setting may be, as a file writes it. */
function valuesOf(schema: z.ZodType): string {
  const { inner } = unwrap(schema);
  if (inner instanceof z.ZodUnion) {
    const options = (inner.options as z.ZodType[]).map((option) =>
      shortForm(option) ?? valuesOf(option)
    );
    return [...new Set(options.map((option) => option.startsWith("a list") ? "a list" : option))]
      .join(", or ");
  }
  if (inner instanceof z.ZodArray) return `a list: ${valuesOf(inner.element as z.ZodType)}`;
  if (inner instanceof z.ZodRecord) return `by name: ${valuesOf(inner.valueType as z.ZodType)}`;
  if (inner instanceof z.ZodObject) return "an object";
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  if (json.enum !== undefined) return json.enum.map(code).join(", ");
  if (json.const !== undefined) return code(json.const);
  if (json.type === "boolean") return "`true`, `false`";
  return json.format === "uri" ? "a URL" : describeRefusal(schema);
}

/** An object with one setting; undefined for any other value. */
function shortForm(schema: z.ZodType): string | undefined {
  const [only, ...others] = Object.keys(settingsOf(schema) ?? {});
  return only === undefined || others.length > 0 ? undefined : `\`{ "${only}": … }\``;
}

/** What the error of a wrong value says that it must be. */
function describeRefusal(schema: z.ZodType): string {
  const message =
    ["", NO_VALUE].flatMap((text) =>
      schema.safeParse(text).error?.issues.map(({ message }) => message) ?? []
    )[0];
  if (message === undefined) return "a text";
  const [, said = "", word] = /^must (?:be |have )?(.*?)(?:, or (\w+))?$/.exec(message) ?? [];
  const words = said.split(" or ");
  const plain = words.every((word) => /^\S+$/.test(word))
    ? words.map(code).join(", ")
    : said.replace(/^a duration of |,? such as .*$|(?<=^a name) of 1 to 64 letters.*$/g, "");
  return word === undefined ? plain : `${plain}, ${code(word)}`;
}

/** The variable that sets it: a pool's by its default, and for what has none by the pool `users`. */
function variableFor([first, ...others]: Path): string | undefined {
  const [, ...setting] = others;
  if (first === "pools") {
    return variableOf(["defaults", ...setting]) ?? variableOf(["pools", "users", ...setting]);
  }
  return first === "listeners"
    ? variableOf(["listeners", "http", ...setting.map((step) => step === "*" ? 0 : step)])
    : variableOf([first!, ...others]);
}

function unwrap(schema: z.ZodType): { readonly inner: z.ZodType } {
  if (mayBeAbsent(schema)) {
    return unwrap((schema as z.ZodOptional).unwrap() as z.ZodType);
  }
  if (!(schema instanceof z.ZodPipe)) return { inner: schema };
  const input = schema.def.in as z.ZodType;
  // The pipe of a leaf is its reading: only what is behind a pipe of an object or a union counts.
  return input instanceof z.ZodCustom ? { inner: schema } : unwrap(input);
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}

/** Lines of at most 100 characters, as the formatter writes them. */
function wrap(text: string): string {
  return text.split(" ").reduce((lines, word) => {
    const last = lines.slice(lines.lastIndexOf("\n") + 1);
    return last.length + 1 + word.length > 100 ? `${lines}\n${word}` : `${lines} ${word}`;
  });
}

if (import.meta.main) {
  await Deno.writeTextFile(PAGE, withReference(await Deno.readTextFile(PAGE)));
  await Deno.writeTextFile(JSON_SCHEMA, formatJsonSchema());
}
