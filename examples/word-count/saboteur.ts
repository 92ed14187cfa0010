import type { Machine } from "./machine.ts";
import type { Sabotage } from "./options.ts";

/** What the saboteur does, for whoever shows it. */
export interface SaboteurNotes {
  struck(name: string, machine: Machine, signal: "SIGKILL" | "SIGSTOP"): void;
  woken(name: string, machine: Machine): void;
}

/** Strikes one worker, once, when a given number of pieces has been counted: the one that counted that piece. */
export class Saboteur {
  readonly #sabotage: Sabotage;
  readonly #atPiece: number;
  readonly #machines: ReadonlyMap<string, Machine>;
  readonly #notes: SaboteurNotes;
  #pieces = 0;
  #frozen: { readonly name: string; readonly machine: Machine } | null = null;

  constructor(sabotage: Sabotage, atPiece: number, machines: ReadonlyMap<string, Machine>, notes: SaboteurNotes) {
    this.#sabotage = sabotage;
    this.#atPiece = atPiece;
    this.#machines = machines;
    this.#notes = notes;
  }

  /** A piece was counted on `node`, which therefore is in the middle of its work. */
  counted(node: string): void {
    this.#pieces += 1;
    if (this.#sabotage === "none" || this.#pieces !== this.#atPiece) return;
    for (const [name, machine] of this.#machines) if (machine.node.id === node) this.#strike(name, machine);
  }

  #strike(name: string, machine: Machine): void {
    const signal = this.#sabotage === "kill" ? "SIGKILL" : "SIGSTOP";
    this.#notes.struck(name, machine, signal);
    machine.child.kill(signal);
    if (signal === "SIGSTOP") this.#frozen = { name, machine };
  }

  /** A counter has begun again: whoever was frozen is woken up, and goes on with what it was doing. */
  recovered(): void {
    if (this.#frozen === null) return;
    const { name, machine } = this.#frozen;
    this.#frozen = null;
    machine.child.kill("SIGCONT");
    this.#notes.woken(name, machine);
  }
}
