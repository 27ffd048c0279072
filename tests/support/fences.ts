/** Blocks of code in Markdown pages. */

export interface Fence {
  /** `sh`, `text`, `yaml` … */
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a Markdown page, in their order. */
export function fencesOf(page: string): Fence[] {
  return [...page.matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
    .map(([, language, text]) => ({ language: language!, text: text! }));
}
