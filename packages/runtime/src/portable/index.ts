export { portableCrypto } from "./crypto.ts";
