export { CborCodec } from "./codec.ts";
export type { CborCodecOptions } from "./codec.ts";
export { CodecError, IdentityError } from "./errors.ts";
export { createIdentity, Identity, loadIdentity } from "./identity.ts";
export { limits } from "./limits.ts";
export type { Limits } from "./limits.ts";
export { wireVersion } from "./hello.ts";
export { SessionTransport } from "./transport.ts";
export type { SessionTransportOptions } from "./transport.ts";
