export {
  async,
  asyncNoLink,
  children,
  define,
  start,
  startChild,
  startLink,
  stream,
  terminateChild,
} from "./task-supervisor.ts";
