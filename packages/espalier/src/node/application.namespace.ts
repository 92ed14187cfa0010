export * from "../application.namespace.ts";
export { run } from "./application.ts";
