export { start } from "./container.ts";
