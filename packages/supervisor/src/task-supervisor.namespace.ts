export {
  async,
  asyncNoLink,
  children,
  define,
  start,
  startChild,
  startLink,
  terminateChild,
} from "./task-supervisor.ts";
