/** Codes for private use (RFC 6455 §7.4.2): ours has no meaning but its reason. */
export const closeCode = 4000;

/** What a close frame has room for (RFC 6455 §5.5). */
const closeReasonBytes = 123;

/** As much of `text` as a close frame holds, cut between characters. */
export function closeReason(text: string): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(closeReasonBytes)).read);
}

/** Why a connection closed whose other side gave no reason. */
export function closeText(code: number): string {
  return code === 1006 ? "the connection was cut" : `the other side closed the connection (${code})`;
}
