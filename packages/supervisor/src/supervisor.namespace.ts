export { dynamic, supervisor, worker } from "./children.ts";
export { define } from "./definition.ts";
export { defineDynamic } from "./dynamic.ts";
export {
  childSpec,
  countChildren,
  deleteChild,
  ref,
  restartChild,
  start,
  startChild,
  startLink,
  stop,
  terminateChild,
  whichChildren,
} from "./manage.ts";
