export { webSocketNetwork } from "./web-socket-network.ts";
