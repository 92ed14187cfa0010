import type { Host, Timer } from "@espalier/runtime";
import { quarters } from "../session/hello.ts";
import type { Session } from "../session/session.ts";

/** A session that is up, and when it is looked at next: at the ends of the peer's quarters, and of this node's. */
interface Ticked {
  readonly speakMs: number;
  speakAtMs: number;
  listenAtMs: number;
  /** For how many of this node's quarters nothing came. */
  silent: number;
}

/**
 * Tells peers that this node is there, and notices when they are not, with one timer for all sessions (R-1301).
 *
 * Time is cut into quarters of a tick time. At the end of each quarter of the *peer's* time it is sent a tick, unless something else was sent
 * in that quarter. Four quarters of this node's *own* time without anything from a peer end the session: so it ends between one tick time and
 * five quarters of it after the last frame. The two times need not be equal: each side is told as often as it wants to be (R-1303).
 *
 * Quarters are counted, not measured: a machine that stood still for an hour has missed one.
 */
export class Ticks {
  readonly #host: Host;
  readonly #ownMs: number;
  readonly #listenMs: number;
  readonly #sessions = new Map<Session, Ticked>();
  #timer: Timer | null = null;
  #timerAtMs = Infinity;

  /** @param ownMs this node's tick time. */
  constructor(host: Host, ownMs: number) {
    this.#host = host;
    this.#ownMs = ownMs;
    this.#listenMs = ownMs / quarters;
  }

  /** The session is up. @param peerMs the tick time of its peer. */
  add(session: Session, peerMs: number): void {
    const nowMs = this.#now();
    const speakMs = peerMs / quarters;
    const speakAtMs = endOfQuarter(nowMs, speakMs);
    // The first thing to know of a peer is how far away it is.
    session.ask();
    this.#sessions.set(session, { speakMs, speakAtMs, listenAtMs: endOfQuarter(nowMs, this.#listenMs), silent: 0 });
    this.#arm();
  }

  /** The session is over. */
  remove(session: Session): void {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#disarm();
  }

  #look(): void {
    const nowMs = this.#now();
    for (const [session, ticked] of this.#sessions) {
      if (nowMs >= ticked.speakAtMs) {
        ticked.speakAtMs = endOfQuarter(nowMs, ticked.speakMs);
        session.tick();
      }
      if (nowMs < ticked.listenAtMs) continue;
      ticked.listenAtMs = endOfQuarter(nowMs, this.#listenMs);
      ticked.silent = session.takeHeard() ? 0 : ticked.silent + 1;
      if (ticked.silent === quarters) session.end(`nothing came for ${this.#ownMs} ms`, "net_tick_timeout");
    }
    this.#arm();
  }

  #arm(): void {
    let atMs = Infinity;
    for (const { speakAtMs, listenAtMs } of this.#sessions.values()) atMs = Math.min(atMs, speakAtMs, listenAtMs);
    if (atMs >= this.#timerAtMs || atMs === Infinity) return;
    this.#disarm();
    this.#timerAtMs = atMs;
    const { clock, loop } = this.#host;
    const timer = clock.after(Math.max(0, atMs - this.#now()), () => {
      // A timer never judges: what waits to be read is read first.
      loop.afterInput(() => {
        if (this.#timer !== timer) return;
        this.#disarm();
        this.#look();
      });
    });
    this.#timer = timer;
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerAtMs = Infinity;
  }

  #now(): number {
    return this.#host.clock.monotonic();
  }
}

/** Quarters of one length end at the same times for all sessions, so that one timer serves them all. */
function endOfQuarter(nowMs: number, quarterMs: number): number {
  return (Math.floor(nowMs / quarterMs) + 1) * quarterMs;
}
