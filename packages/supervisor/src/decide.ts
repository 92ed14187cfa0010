import { shutdown, type Cause } from "@espalier/heartbeat";
import { assert } from "./assert.ts";
import { backoffOf, isUnreachable, waitAfter, type Backoff, type Wait } from "./backoff.ts";
import { childTable, type ChildEvent } from "./child.machine.ts";
import { addAttempt, giveBack, secondOf, type Attempts } from "./intensity.ts";
import { decideRestart } from "./restart.ts";
import { isShutdownError } from "./shutdown.ts";
import type { ChildSpec } from "./spec.ts";
import {
  newChild,
  type Child,
  type MailboxEvent,
  type Purpose,
  type Reply,
  type Step,
  type StepResult,
  type SupervisorAction,
  type SupervisorEvent,
  type SupervisorReport,
  type SupervisorState,
  type Work,
} from "./state.ts";
import { planRestart, type RestartPlan } from "./strategy.ts";
import { supervisorTable, type SupervisorControl, type SupervisorPhase } from "./supervisor.machine.ts";

/**
 * What a supervisor does about one event: OTP's `supervisor` as a pure function. Time is an argument, and everything that
 * takes time (starting a child until its init is done, stopping one until it is dead) is an action whose result comes back as
 * an event; whoever performs the actions takes nothing else from the supervisor's mailbox meanwhile.
 *
 * @param nowMs the monotonic clock, in milliseconds.
 */
export function decide<Pid>(state: SupervisorState<Pid>, event: SupervisorEvent<Pid>, nowMs: number): Decided<Pid> {
  const decision = new Deciding(state, nowMs);
  decision.take(event);
  return { state: decision.state(), actions: decision.actions };
}

export interface Decided<Pid> {
  readonly state: SupervisorState<Pid>;
  readonly actions: readonly SupervisorAction<Pid>[];
}

/** One call of {@link decide}: the state on its way from before to after. */
class Deciding<Pid> {
  readonly actions: SupervisorAction<Pid>[] = [];
  readonly #before: SupervisorState<Pid>;
  readonly #nowMs: number;
  #phase: SupervisorPhase;
  #children: readonly Child<Pid>[];
  #attempts: readonly Attempts[];
  #work: Work | null;

  constructor(state: SupervisorState<Pid>, nowMs: number) {
    this.#before = state;
    this.#nowMs = nowMs;
    this.#phase = state.phase;
    this.#children = state.children;
    this.#attempts = state.attempts;
    this.#work = state.work;
  }

  state(): SupervisorState<Pid> {
    return {
      flags: this.#before.flags,
      phase: this.#phase,
      children: this.#children,
      attempts: this.#attempts,
      work: this.#work,
    };
  }

  take(event: SupervisorEvent<Pid>): void {
    switch (event.type) {
      case "boot":
        return this.#begin("boot", { type: "boot" }, startEach(this.#children));
      case "started":
      case "ignored":
      case "failed":
      case "stopped":
        return this.#finishStep(event);
      default:
        assert(this.#phase === "running", "while a supervisor has work in hand its mailbox waits");
        return this.#takeFromMailbox(event);
    }
  }

  #takeFromMailbox(event: MailboxEvent<Pid>): void {
    switch (event.type) {
      case "exited":
        return this.#exited(event.pid, event.cause);
      case "retry":
        return this.#retry(event.id, event.turn);
      case "start-child":
        return this.#startChild(event.spec);
      case "terminate-child":
        return this.#terminateChild(event.id);
      case "restart-child":
        return this.#restartChild(event.id);
      case "delete-child":
        return this.#deleteChild(event.id);
      case "stop":
        return this.#end("stop", event.cause);
    }
  }

  // Children that end by themselves

  #exited(pid: Pid, cause: Cause): void {
    const child = this.#children.find((child) => child.pid === pid);
    // Not a child, or no more: its end was consumed while it was stopped.
    if (child === undefined) return;
    const { id, restart } = child.spec;
    const decision = decideRestart(restart, cause);
    switch (decision) {
      case "restart":
        this.#move(child, "crashed");
        return this.#crashed(child, pid, cause);
      case "keep":
      case "remove":
        this.#move(child, decision === "keep" ? "ended" : "endedTemporary");
        this.#report({ type: "child-ended", id, pid, cause, decision });
        return this.#considerAutoShutdown(child.spec);
    }
  }

  #crashed({ spec, startedMs, failures, countedIn }: Child<Pid>, pid: Pid, cause: Cause): void {
    const { id } = spec;
    const report = (decision: "restart" | "give-up"): void =>
      this.#report({ type: "child-ended", id, pid, cause, decision });
    const backoff = backoffOf(spec, cause);
    if (backoff === null) return this.#attemptRestart(id, report);
    report("restart");
    const unreachable = isUnreachable(spec, cause);
    if (unreachable) this.#notItsFault(countedIn);
    const inARow = !unreachable && this.#nowMs - startedMs >= backoff.resetAfterMs ? 0 : failures;
    this.#advance("restart");
    this.#backOff(id, backoff, inARow);
  }

  #retry(id: string, turn: number): void {
    const child = this.#find(id);
    // Someone may have terminated it meanwhile, or a sibling's crash restarted it.
    if (child?.state !== "restarting" || child.turn !== turn) return;
    this.#attemptRestart(id, () => {});
  }

  #attemptRestart(id: string, report: (decision: "restart" | "give-up") => void): void {
    const { intensity, strategy } = this.#before.flags;
    const { allowed, count, attempts } = addAttempt(intensity, this.#attempts, this.#nowMs);
    this.#attempts = attempts;
    if (!allowed) {
      report("give-up");
      this.#report({ type: "gave-up", id, attempts: count, intensity, nowMs: this.#nowMs });
      return this.#end("stop", shutdown);
    }
    report("restart");
    this.#report({ type: "restarting", id, attempts: count, intensity, nowMs: this.#nowMs });
    const plan = this.#plan(id);
    // Retries of single children end here: the group's own attempt starts them.
    if (strategy !== "one-for-one") this.#abandonRetries(plan.start);
    const starts = plan.start.map((id) => ({ type: "start" as const, id }));
    const purpose = { type: "restart", countedIn: secondOf(this.#nowMs) } as const;
    this.#begin("restart", purpose, [...stopEach(plan.stop), ...starts]);
  }

  /** Stops the group at once, and waits before it is started: nobody of it runs without the child that failed. */
  #backOff(id: string, backoff: Backoff, failures: number): void {
    const plan = this.#plan(id);
    this.#abandonRetries(plan.start.filter((other) => other !== id));
    this.#change(id, { failures: failures + 1 });
    this.#work = { purpose: { type: "back-off", id, wait: waitAfter(backoff, failures) }, steps: stopEach(plan.stop) };
    this.#performNext();
  }

  #plan(id: string): RestartPlan {
    const members = this.#children.map(({ spec, pid }) => ({
      id: spec.id,
      restart: spec.restart,
      running: pid !== null,
    }));
    return planRestart(this.#before.flags.strategy, members, id);
  }

  /** An attempt at a node that cannot be reached says nothing about the child. */
  #notItsFault(countedIn: number | null): void {
    if (countedIn !== null) this.#attempts = giveBack(this.#attempts, countedIn);
  }

  /** only a child that ended by itself, and was not restarted for it, is considered. */
  #considerAutoShutdown({ id, significant }: ChildSpec): void {
    const { autoShutdown } = this.#before.flags;
    if (!significant || autoShutdown === "never") return;
    if (autoShutdown === "all-significant" && this.#children.some(isSignificantAndActive)) return;
    this.#report({ type: "auto-shutdown", id });
    this.#end("stop", shutdown);
  }

  // Management

  #startChild(spec: ChildSpec): void {
    if (spec.significant && this.#before.flags.autoShutdown === "never") {
      const problem = `significant of child "${spec.id}": expected false while autoShutdown is "never", got true`;
      return this.#reply({ type: "invalid", problem });
    }
    const present = this.#find(spec.id);
    if (present !== undefined) {
      const { pid } = present;
      return this.#reply(pid === null ? { type: "already-present" } : { type: "already-started", pid });
    }
    this.#children = [...this.#children, newChild(spec)];
    this.#begin("manage", { type: "start-child" }, [{ type: "start", id: spec.id }]);
  }

  #terminateChild(id: string): void {
    const child = this.#find(id);
    if (child === undefined) return this.#reply({ type: "not-found" });
    if (child.state === "running") return this.#begin("manage", { type: "terminate-child" }, [{ type: "stop", id }]);
    if (child.state === "restarting") this.#move(child, "abandon");
    this.#reply({ type: "ok" });
  }

  #restartChild(id: string): void {
    const child = this.#find(id);
    if (child === undefined) return this.#reply({ type: "not-found" });
    if (child.state !== "absent") return this.#reply({ type: busyWith(child) });
    this.#begin("manage", { type: "restart-child" }, [{ type: "start", id }]);
  }

  #deleteChild(id: string): void {
    const child = this.#find(id);
    if (child === undefined) return this.#reply({ type: "not-found" });
    if (child.state !== "absent") return this.#reply({ type: busyWith(child) });
    this.#move(child, "delete");
    this.#reply({ type: "ok" });
  }

  // The work in hand

  #begin(control: SupervisorControl, purpose: Purpose, steps: readonly Step[]): void {
    this.#advance(control);
    this.#work = { purpose, steps };
    this.#performNext();
  }

  /** Stops every child, the last started first, then ends. */
  #end(control: "stop" | "startFailed", cause: Cause): void {
    this.#abandonRetries(this.#children.map((child) => child.spec.id));
    const running = this.#children.filter((child) => child.pid !== null);
    this.#begin(control, { type: "end", cause }, stopEach(running.map(({ spec }) => spec.id).reverse()));
  }

  #performNext(): void {
    assert(this.#work !== null, "a step is performed for a purpose");
    const [step] = this.#work.steps;
    if (step === undefined) return this.#complete(this.#work.purpose);
    const child = this.#find(step.id);
    assert(child !== undefined, "only a step for it removes a child that work is planned for");
    this.#move(child, step.type);
    if (step.type === "start") {
      this.actions.push({ type: "start", spec: child.spec });
    } else {
      assert(child.pid !== null, "only what runs is stopped");
      const byHand = this.#work.purpose.type === "terminate-child";
      this.#report({ type: "child-stopping", id: step.id, pid: child.pid, byHand });
      this.actions.push({ type: "stop", spec: child.spec, pid: child.pid });
    }
  }

  #finishStep(result: StepResult<Pid>): void {
    const { purpose, steps } = this.#work ?? { purpose: null, steps: [] };
    const [step, ...rest] = steps;
    assert(purpose !== null && step !== undefined, "a result answers a step");
    assert((result.type === "stopped") === (step.type === "stop"), "a result answers its own kind of step");
    const child = this.#find(step.id);
    assert(child !== undefined, "a child stays while a step is performed on it");
    this.#work = { purpose, steps: rest };
    switch (result.type) {
      case "started": {
        const { pid } = result;
        this.#move(child, "started", pid, { startedMs: this.#nowMs, countedIn: countedIn(purpose) });
        const added = purpose.type === "boot" || purpose.type === "start-child";
        this.#report({ type: "child-started", id: step.id, pid, added });
        if (isByHand(purpose)) this.#reply(result);
        return this.#performNext();
      }
      case "ignored":
        this.#move(child, child.spec.restart === "temporary" ? "ignoredTemporary" : "ignored");
        if (isByHand(purpose)) this.#reply(result);
        return this.#performNext();
      case "failed":
        return this.#startFailed(child, result.cause, purpose);
      case "stopped":
        this.#stopped(child, result.cause);
        if (purpose.type === "terminate-child") this.#reply({ type: "ok" });
        return this.#performNext();
    }
  }

  #startFailed(child: Child<Pid>, cause: Cause, purpose: Purpose): void {
    const { spec } = child;
    const { id } = spec;
    switch (purpose.type) {
      case "boot":
        this.#move(child, "failed");
        this.#report({ type: "start-failed", id, cause, decision: "roll-back" });
        return this.#end("startFailed", { type: "shutdown", detail: { type: "failed-to-start-child", id, cause } });
      case "restart":
        // The rest of the group stays without processes until the next attempt.
        this.#move(child, "failedRestart");
        this.#report({ type: "start-failed", id, cause, decision: "retry" });
        return this.#restartFailed(child, cause, purpose.countedIn);
      case "start-child":
        this.#move(child, "failedAtFirst");
        this.#report({ type: "start-failed", id, cause, decision: "remove" });
        this.#reply({ type: "failed", cause, spec });
        return this.#performNext();
      case "restart-child":
        this.#move(child, "failed");
        this.#report({ type: "start-failed", id, cause, decision: "keep" });
        this.#reply({ type: "failed", cause });
        return this.#performNext();
      case "back-off":
      case "terminate-child":
      case "end":
        assert(false, "nothing is started in order to stop");
    }
  }

  #restartFailed({ spec, failures }: Child<Pid>, cause: Cause, countedIn: number): void {
    const backoff = backoffOf(spec, cause);
    if (isUnreachable(spec, cause)) this.#notItsFault(countedIn);
    if (backoff !== null) return this.#backOff(spec.id, backoff, failures);
    this.#work = null;
    this.#sendRetry(spec.id, null);
    this.#advance("restartFailed");
  }

  #stopped(child: Child<Pid>, cause: Cause): void {
    const { pid, spec } = child;
    assert(pid !== null, "what stops has a process");
    this.#move(child, spec.restart === "temporary" ? "stoppedTemporary" : "stopped");
    if (isShutdownError(spec.shutdown, spec.restart, cause)) {
      this.#report({ type: "shutdown-error", id: spec.id, pid, cause });
    }
  }

  #complete(purpose: Purpose): void {
    this.#work = null;
    switch (purpose.type) {
      case "boot":
        this.actions.push({ type: "ready" });
        return this.#advance("started");
      case "restart":
        return this.#advance("restarted");
      case "back-off":
        this.#report({ type: "backing-off", id: purpose.id, delayMs: purpose.wait.delayMs });
        this.#sendRetry(purpose.id, purpose.wait);
        return this.#advance("restarted");
      case "start-child":
      case "restart-child":
      case "terminate-child":
        return this.#advance("managed");
      case "end":
        this.actions.push({ type: "end", cause: purpose.cause });
        return this.#advance("stopped");
    }
  }

  // Bookkeeping

  #sendRetry(id: string, wait: Wait | null): void {
    const child = this.#find(id);
    assert(child !== undefined, "only a child that is there is tried again");
    const turn = child.turn + 1;
    this.#change(id, { turn });
    this.actions.push({ type: "retry", id, turn, wait });
  }

  #abandonRetries(ids: readonly string[]): void {
    for (const id of ids) {
      const child = this.#find(id);
      if (child?.state === "restarting") this.#move(child, "abandon");
    }
  }

  #advance(control: SupervisorControl): void {
    const phase = supervisorTable.transition(this.#phase, control);
    assert(phase !== this.#phase, `${control} does not happen to a supervisor that is ${this.#phase}`);
    this.#phase = phase;
  }

  /** One step of a child's machine. `started` brings the pid; a child that leaves `running` and `stopping` loses it. */
  #move(child: Child<Pid>, event: ChildEvent, pid: Pid | null = child.pid, others?: Partial<Child<Pid>>): void {
    const state = childTable.transition(child.state, event);
    assert(state !== child.state, `${event} does not happen to a child that is ${child.state}`);
    if (state === "removed") {
      this.#children = this.#children.filter((other) => other.spec.id !== child.spec.id);
      return;
    }
    this.#change(child.spec.id, { state, pid: state === "running" || state === "stopping" ? pid : null, ...others });
  }

  #change(id: string, fields: Partial<Child<Pid>>): void {
    this.#children = this.#children.map((child) => (child.spec.id === id ? { ...child, ...fields } : child));
  }

  #find(id: string): Child<Pid> | undefined {
    return this.#children.find((child) => child.spec.id === id);
  }

  #reply(reply: Reply<Pid>): void {
    this.actions.push({ type: "reply", reply });
  }

  #report(report: SupervisorReport<Pid>): void {
    this.actions.push({ type: "report", report });
  }
}

function startEach<Pid>(children: readonly Child<Pid>[]): readonly Step[] {
  return children.map(({ spec }) => ({ type: "start", id: spec.id }));
}

function stopEach(ids: readonly string[]): readonly Step[] {
  return ids.map((id) => ({ type: "stop", id }));
}

function countedIn(purpose: Purpose): number | null {
  return purpose.type === "restart" ? purpose.countedIn : null;
}

function isByHand(purpose: Purpose): boolean {
  return purpose.type === "start-child" || purpose.type === "restart-child";
}

function busyWith<Pid>(child: Child<Pid>): "running" | "restarting" {
  assert(
    child.state === "running" || child.state === "restarting",
    "between two pieces of work no child is on its way",
  );
  return child.state;
}

/** A child that waits for its restart counts as active. */
function isSignificantAndActive<Pid>({ spec, state }: Child<Pid>): boolean {
  return spec.significant && state !== "absent";
}
