/** The version, which stands in deno.json alone. */
import manifest from "../../deno.json" with { type: "json" };

export const VERSION: string = manifest.version;
