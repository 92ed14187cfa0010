import { toBase64Url, type NodeId } from "@espalier/runtime";
import { wireVersion } from "@espalier/wire";

/** What the first frame of a pipe says of where it wants to go. */
export type FirstFrame =
  | { readonly type: "target"; readonly target: NodeId }
  /** It is of another version: only the beginning can be read. */
  | { readonly type: "version"; readonly reason: string }
  | { readonly type: "malformed"; readonly reason: string };

const magic = new TextEncoder().encode("espalier");
const idBytes = 32;

export function readFirstFrame(bytes: Uint8Array): FirstFrame {
  if (bytes.length < magic.length + 1 || !magic.every((byte, index) => bytes[index] === byte)) {
    return { type: "malformed", reason: "what connected does not speak Espalier's protocol" };
  }
  const version = bytes[magic.length] as number;
  if (version !== wireVersion) {
    return { type: "version", reason: `version mismatch: wire ${wireVersion} here, wire ${version} there` };
  }
  const id = bytes.subarray(magic.length + 1, magic.length + 1 + idBytes);
  if (id.length < idBytes) return { type: "malformed", reason: `a first frame of ${bytes.length} bytes` };
  return { type: "target", target: toBase64Url(id) };
}

/** What the accepting side says to whoever it does not let in, before anything is sealed. */
export function refusalFrame(reason: string): Uint8Array {
  const text = new TextEncoder().encode(reason);
  const frame = new Uint8Array(1 + text.length);
  frame.set(text, 1);
  return frame;
}
