import type { Finding } from "../protocol/sheets.ts";
import { rankOf } from "../observing/trouble.ts";
import { CallCycleRule } from "./call-cycle.ts";
import { loopBlocked } from "./loop-blocked.ts";
import { handlerStuck, mailboxGrowing, mailboxHuge, selectiveReceive } from "./mailbox-rules.ts";
import { DeadLettersRule, loopLate, ProcessLeakRule, TimerLeakRule } from "./node-rules.ts";
import type { Evidence, Look, Rule } from "./rule.ts";
import { flapping, gaveUp, restartLoop } from "./supervision-rules.ts";

/** Findings at a time. */
const shownMax = 50;

/** What dev tools look for; some rules remember, so each observer has its own. */
export function allRules(): readonly Rule[] {
  return [
    mailboxGrowing,
    mailboxHuge,
    handlerStuck,
    loopLate,
    loopBlocked,
    restartLoop,
    gaveUp,
    flapping,
    new DeadLettersRule(),
    new ProcessLeakRule(),
    new TimerLeakRule(),
    selectiveReceive,
    new CallCycleRule(),
  ];
}

interface Standing {
  readonly rule: Rule;
  evidence: Evidence;
  readonly firstMs: number;
  lastMs: number;
}

/** What is wrong at the moment: what rules have found for long enough, and not too long ago. */
export class Findings {
  readonly #rules: readonly Rule[];
  readonly #standing: Map<string, Standing> = new Map();
  #nowMs = 0;

  constructor(rules: readonly Rule[] = allRules()) {
    this.#rules = rules;
  }

  /** Lets all rules judge a sample. */
  look(look: Look): void {
    const { nowMs } = look;
    this.#nowMs = nowMs;
    for (const rule of this.#rules) {
      for (const evidence of rule.find(look)) {
        const id = `${rule.name}:${evidence.about}`;
        const known = this.#standing.get(id);
        if (known === undefined) this.#standing.set(id, { rule, evidence, firstMs: nowMs, lastMs: nowMs });
        else {
          known.evidence = evidence;
          known.lastMs = nowMs;
        }
      }
    }
    for (const [id, { rule, lastMs }] of this.#standing) if (nowMs - lastMs > rule.keptMs) this.#standing.delete(id);
  }

  /** The worst first, and of those that are as bad the one that has been there longest. */
  get list(): readonly Finding[] {
    const said: Finding[] = [];
    for (const [id, { rule, evidence, firstMs, lastMs }] of this.#standing) {
      if (lastMs - firstMs < rule.forMs) continue;
      const { severity, text, hint, pid = null, crash = null } = evidence;
      said.push({ id, rule: rule.name, severity, text, hint, pid, crash, sinceMs: this.#nowMs - firstMs });
    }
    said.sort((a, b) => rankOf(b.severity) - rankOf(a.severity) || b.sinceMs - a.sinceMs);
    return said.slice(0, shownMax);
  }
}
