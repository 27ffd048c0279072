import { loadPart } from "./parts.ts";

await loadPart(5);
