import type { Cause, LocalGenerator } from "@espalier/heartbeat";
import { NameTakenError, Process, type Body, type Pid, type SpawnOptions, type StartResult } from "@espalier/runtime";
import type { ChildSpec } from "./spec.ts";
import type { StepResult } from "./state.ts";

/** What came of starting a child. */
export type StartStep = StepResult<Pid<any>> & { readonly type: "started" | "ignored" | "failed" };

/**
 * Starts a child, linked with its supervisor from its first moment, and waits until it is ready: when this returns it runs,
 * or it is dead, its name is free, and no EXIT of it is in the mailbox.
 *
 * @param args the arguments: those of the specification, for a static supervisor.
 */
export function* startChild(spec: ChildSpec, args: readonly unknown[]): LocalGenerator<StartStep> {
  const { what, name, ready, on, mailbox } = spec;
  const body: AnyBody = typeof what === "function" ? what : what.body;
  const isPlain = typeof what === "function" && !ready;
  // Nearly always, and it makes nothing that it does not need.
  if (isPlain && name === null && on === null && mailbox === undefined) {
    return { type: "started", pid: yield* Process.spawnLink(body, ...args) };
  }
  const options = {
    ...(on === null ? {} : { on }),
    ...(mailbox === undefined ? {} : { mailbox }),
  };
  if (isPlain) {
    const named = name === null ? {} : { name: name as string };
    return yield* spawnChild(body, args, { link: true, ...named, ...options });
  }
  return stepOf(yield* Process.startLink(body, args, { ...(name === null ? {} : { name }), ...options }));
}

type AnyBody = Body<any, readonly any[], unknown>;

/** A body that does not say when it is ready has started as soon as it was spawned. */
function* spawnChild(
  body: AnyBody,
  args: readonly unknown[],
  options: SpawnOptions & { readonly monitor?: false },
): LocalGenerator<StartStep> {
  try {
    return { type: "started", pid: yield* Process.spawnOpt(options, body, ...args) };
  } catch (error) {
    if (error instanceof NameTakenError) return { type: "failed", cause: alreadyStarted(error.pid) };
    throw error;
  }
}

function stepOf(result: StartResult<any, unknown>): StartStep {
  switch (result.type) {
    case "started": {
      const { pid, value } = result;
      return value === undefined ? { type: "started", pid } : { type: "started", pid, info: value };
    }
    case "ignored":
      return result;
    case "already-started":
      return { type: "failed", cause: alreadyStarted(result.pid) };
    case "failed":
      return result;
  }
}

/** OTP's `{already_started, Pid}`. */
function alreadyStarted(pid: Pid): Cause {
  return { type: "exit", reason: { type: "already-started", pid } };
}
