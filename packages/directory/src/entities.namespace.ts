export { define, keys, passivate, ref, start, startLink, via, whereis } from "./entities.ts";
