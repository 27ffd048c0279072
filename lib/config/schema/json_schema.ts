/** The JSON Schema of the configuration file, for editors: names, values, descriptions, defaults, examples. */
import { z } from "zod";
import { configuration } from "./root.ts";

const TITLE = "Configuration of Roundabout, an HTTP load balancer";

/** As text, as `roundabout.schema.json` has it. */
export function formatJsonSchema(): string {
  const schema = z.toJSONSchema(configuration, {
    io: "input",
    target: "draft-7", // what editors understand best
    unrepresentable: "any", // values that are written as texts: their own definition says how
  });
  return `${JSON.stringify({ title: TITLE, ...schema }, null, 2)}\n`;
}
