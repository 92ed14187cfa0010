export { ListenError } from "./errors.ts";
export { loadIdentity } from "./key-file.ts";
export { webSocketNetwork } from "./web-socket-network.ts";
export type { WebSocketNetworkOptions } from "./web-socket-network.ts";
