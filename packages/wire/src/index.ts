export { CborCodec } from "./codec/codec.ts";
export type { CborCodecOptions } from "./codec/codec.ts";
export { CodecError, IdentityError } from "./errors.ts";
export { createIdentity, Identity, loadIdentity, readIdentity } from "./identity/identity.ts";
export { wireVersion } from "./session/hello.ts";
export { sessionMachine, sessionTable } from "./session/session.machine.ts";
export { SessionTransport } from "./connection/transport.ts";
export type { SessionTransportOptions } from "./connection/transport.ts";
export type { Introductions } from "./session/introductions.ts";
