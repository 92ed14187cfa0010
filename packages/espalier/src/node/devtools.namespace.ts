export { of, start } from "./devtools.ts";
