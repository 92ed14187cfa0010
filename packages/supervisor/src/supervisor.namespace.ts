export { dynamic, supervisor, worker } from "./children.ts";
export { define } from "./definition.ts";
export { defineDynamic } from "./dynamic.ts";
export { definePartitions, partition, partitionName, partitions, resize } from "./partitions.ts";
export {
  countChildren,
  deleteChild,
  getChildspec,
  ref,
  restartChild,
  start,
  startChild,
  startLink,
  stop,
  terminateChild,
  whichChild,
  whichChildren,
} from "./manage.ts";
