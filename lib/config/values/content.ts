/** A value that stands in the configuration, or in a file of its own. */
export type Content = { readonly text: string } | { readonly file: string };

/** The text itself. A configuration that is loaded has that of each file in its place. */
export function textOf(content: Content): string {
  if ("text" in content) return content.text;
  throw new Error(`Cannot use ${content.file} as it was not read`);
}
