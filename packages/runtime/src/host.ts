/**
 * Everything impure that Espalier uses. Nothing else in the packages touches time, randomness, the event loop, the
 * network, the disk or a cryptographic library, which is what lets a whole cluster run in one thread under virtual time.
 *
 * The real host is `@espalier/runtime/node`; a manual one for tests is `@espalier/runtime/testing`.
 */
export interface Host {
  readonly clock: Clock;
  readonly random: Random;
  readonly loop: Loop;
  readonly network: Network;
  readonly disk: Disk;
  readonly crypto: Crypto;
  /** Where others in the same program can listen to what nodes do, if the host has such a place. */
  readonly diagnostics?: Diagnostics;
}

/** Named channels that everything in a program shares: those of `node:diagnostics_channel`, on Node.js. */
export interface Diagnostics {
  channel(name: string): DiagnosticsChannel;
}

export interface DiagnosticsChannel {
  readonly hasSubscribers: boolean;
  /** Calls the subscribers, at once. */
  publish(message: unknown): void;
}

/** Time. Durations are in milliseconds everywhere. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back, may be fractional. The only clock that decides anything. */
  monotonic(): number;
  /** Milliseconds since 1970. For people and for the expiry of identity proofs; it may jump. */
  wall(): number;
  /** Calls `fire` once, not before `delayMs` have passed. Zero means as soon as possible, never at once. */
  after(delayMs: number, fire: () => void): Timer;
}

export interface Timer {
  /** The timer will not fire any more. Idempotent. */
  cancel(): void;
}

export interface Random {
  /** `count` bytes fit for keys. */
  bytes(count: number): Uint8Array;
  /** A number in [0, 1), fit for jitter, not for keys. */
  unit(): number;
}

/** The event loop. */
export interface Loop {
  /** Runs `task` soon, after what is running now. Input that waits may be read first or not. */
  soon(task: () => void): void;
  /** Runs `task` after the input that is already waiting has been read: how a timer avoids judging by itself (H19). */
  afterInput(task: () => void): void;
  /**
   * Which one of the processes that could run is next, by its index; they are at least two, in the order in which they became runnable. Only
   * hosts that explore orders have it: without, it is the first.
   */
  choose?(labels: readonly string[]): number;
}

/** Takes a pipe. `waitedMs`: how much of the time for its handshake is over, unless it is new. */
export type Accept = (pipe: Pipe, waitedMs?: number) => PipeHandler;

/** Message pipes between machines. What goes in as one frame comes out as one frame, in order, or the pipe closes. */
export interface Network {
  /** Resolves when the port is open; rejects with an error that names the address and what is wrong with it. */
  listen(url: string, accept: Accept): Promise<Listener>;
  /**
   * Opens a pipe. `handler` is attached before the first byte can arrive, because a WebSocket hands over several frames of one
   * read at once, before any `await` continues.
   */
  connect(url: string, handler: PipeHandler): Pipe;
}

export interface Listener {
  /** The address that others can reach, with the port that was really taken. */
  readonly url: string;
  close(): Promise<void>;
}

export interface Pipe {
  /** Who is at the other end as far as the network knows: an address for people, never an identity. */
  readonly remote: string;
  /** Queues one frame. Nothing happens on a closed pipe. */
  send(frame: Uint8Array): void;
  /** Bytes accepted by `send` and not yet handed to the network. */
  readonly queuedBytes: number;
  close(reason?: string): void;
}

/** Below this a pipe has drained: enough that a fast network never waits for us, and little for what is urgent to wait behind. */
export const drainedBytes: number = 2 ** 17;

export interface PipeHandler {
  open(): void;
  frame(bytes: Uint8Array): void;
  /** The pipe is gone, by whichever side. Called once, also when it never opened. */
  closed(reason: string): void;
  /** `queuedBytes` was {@link drainedBytes} or more, and is less. Called each time, in a turn of its own: whoever waits for room goes on then. */
  drained?(): void;
}

/** Files by path. */
export interface Disk {
  /** The file's bytes, or null when there is none. Any other trouble rejects with the path in the message. */
  read(path: string): Promise<Uint8Array | null>;
  /**
   * Writes the whole file atomically and durably, readable by its owner only when `secret`. Directories that its path names and that are not
   * there are made.
   */
  write(path: string, bytes: Uint8Array, options?: { readonly secret?: boolean }): Promise<void>;
  /** The names of the files directly in a directory, sorted; none when there is no such directory. Files that are being written are not there. */
  list(directory: string): Promise<readonly string[]>;
  /** Removes the file, durably. One that is not there is removed already. */
  remove(path: string): Promise<void>;
  /**
   * Takes `path` for the caller alone, until it gives it back or its OS process ends, however that ends. It knows the processes of this machine;
   * on a disk that several machines share, whoever asks elsewhere may get it too.
   */
  lock(path: string): Promise<DiskLock>;
}

/** What came of asking for a lock: it is the caller's, or a process that lives has it; null when nobody can say which. */
export type DiskLock =
  | { readonly type: "locked"; release(): Promise<void> }
  | { readonly type: "taken"; readonly pid: number | null };

/** The primitives that identities and sessions need. All synchronous, all throw on malformed input. */
export interface Crypto {
  sha256(bytes: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** An Ed25519 key pair from a 32-byte seed. */
  ed25519PublicKey(seed: Uint8Array): Uint8Array;
  ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  x25519PublicKey(secret: Uint8Array): Uint8Array;
  /** The shared secret; throws on a point of low order. */
  x25519(secret: Uint8Array, publicKey: Uint8Array): Uint8Array;
  /** ChaCha20-Poly1305 (RFC 8439): ciphertext followed by the 16-byte tag. `nonce` has 12 bytes. */
  seal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array;
  /** The plaintext, or null when the tag does not fit. */
  open(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | null;
}
