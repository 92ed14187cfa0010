import { NodeRef, Remote, type Node, type Self } from "espalier";
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { PoolRef } from "./pool.ts";

/** How to start one worker's OS process. */
export interface MachineOptions {
  readonly name: string;
  /** The program and its arguments: a node that knows nothing of the job, and prints its address first. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly folder: string;
}

/** A worker's OS process, and the node in it. */
export interface Machine {
  readonly child: ChildProcess;
  readonly node: NodeRef;
}

/** The machines that run now, by the worker's name. */
export type Machines = Map<string, Machine>;

/**
 * A worker's OS process, as a process: it lives as long as that does, so that a supervisor can treat a killed machine like any other
 * failure. That the OS process was seen to end is the proof that what ran there acts no more.
 */
export function* machine(self: Self<never>, options: MachineOptions, node: Node, pool: PoolRef, machines: Machines) {
  const { name, command, folder } = options;
  const [program, ...args] = command;
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const ended = endOf(child);
  // However this OS process ends, it leaves no worker behind.
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  try {
    const worker = NodeRef.parse(yield* Remote.promise(() => firstLine(child, ended)));
    machines.set(name, { child, node: worker });
    yield* pool.call.add(name, worker);
    yield* self.ready();
    const how = yield* Remote.promise(() => ended);
    yield* pool.call.remove(name);
    node.declareDown(worker);
    throw new Error(`OS process ${child.pid} ${how}`);
  } finally {
    machines.delete(name);
    process.off("exit", kill);
    kill();
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`),
    );
  });
}

async function firstLine(child: ChildProcess, ended: Promise<string>): Promise<string> {
  if (child.stdout !== null) for await (const line of createInterface(child.stdout)) return line;
  throw new Error(`the OS process ${await ended} before it had said its address`);
}
