export { run } from "./application.ts";
