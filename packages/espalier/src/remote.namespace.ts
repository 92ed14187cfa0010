export * from "@espalier/runtime/remote";
export { via } from "@espalier/code";
