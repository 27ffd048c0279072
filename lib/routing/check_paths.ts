/**
 * Finds paths of routes that some servers read in another way: each request for such a path would be answered
 * 400, as the other reading does not have the same route (router.ts).
 */
import type { Problem } from "../config/problems/problem.ts";
import { problemAt, type RuleContext } from "../config/rules/context.ts";
import { isAmbiguous, readingsOf } from "../http/path_readings.ts";
import { coversPath } from "./covers.ts";

export function checkPaths(context: RuleContext): Problem[] {
  return (context.routes ?? []).flatMap((route, index) =>
    (["path", "pathPrefix"] as const).flatMap((setting) => {
      const path = route?.match[setting];
      if (path === undefined || !isAmbiguous(path)) return [];
      const own = { [setting]: path };
      const readings = readingsOf(path);
      const other = readings?.find((reading) => !coversPath(own, { path: reading }));
      if (readings !== undefined && other === undefined) return [];
      const message = other === undefined
        ? "must be a path that servers read in one way"
        : `must be a path that servers read in one way: some read it as ${JSON.stringify(other)}`;
      return [problemAt(context, ["routes", index, "match", setting], message)];
    })
  );
}
