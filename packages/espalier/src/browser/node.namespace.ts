export { start } from "./node.ts";
