/** One name for one process in the whole cluster, and locks: OTP's `global`. */
export {
  delLock,
  Names,
  notifyAll,
  randomExit,
  randomNotify,
  register,
  registered,
  reregister,
  send,
  setLock,
  start,
  startLink,
  sync,
  trans,
  unregister,
  whereis,
} from "./global.ts";
export { name } from "./global-name.ts";
