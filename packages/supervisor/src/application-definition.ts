import { describe, durationMs, type Duration, type LocalGenerator } from "@espalier/heartbeat";
import type { Pid } from "@espalier/runtime";
import { SupervisorDefinition } from "./definition.ts";
import { notOneOf } from "./flags.ts";

/**
 * What the end of an application means for its node (R-1204). One that is stopped with `Application.stop` has not ended by itself, and means nothing.
 *
 * | type | it ended by itself with `normal` | with any other cause |
 * | --- | --- | --- |
 * | `permanent` | the node stops | the node stops |
 * | `transient` | reported | the node stops |
 * | `temporary` | reported | reported |
 *
 * A supervisor that ends by itself ends with `shutdown`.
 */
export type ApplicationType = "permanent" | "transient" | "temporary";

/** What `start` of an application returns: the process on top of its tree, linked with whoever performs it, and a state for `prepStop` and `stop`. */
export type Started<S> = Tree | { readonly tree: Tree; readonly state: S };

/** What is done in a phase of an application's start. */
export type Phase<S = any> = (state: S, type: ApplicationType) => LocalGenerator<unknown>;

type Tree = Pid | { readonly pid: Pid };

/** What an application is, as a user writes it: a tree, or a function that starts one, and the rest where it is wanted. */
export interface ApplicationSpec<S = any> {
  /** Names it on its node. */
  readonly name: string;
  /** What must run before it is started (R-1201). */
  readonly dependencies?: readonly ApplicationDefinition[];
  /** Names of applications that must run before it is started, where they are loaded on the node; ignored where they are not (R-1203). */
  readonly optional?: readonly string[];
  /** Applications whose trees are parts of this one's: they are not started, but their phases are, after those of this one (R-1208). */
  readonly includes?: readonly ApplicationDefinition[];
  /** What its end means, unless whoever starts it says otherwise: `"temporary"` by default. */
  readonly type?: ApplicationType;
  /** Its supervision tree. */
  readonly tree?: SupervisorDefinition<void>;
  /** Instead of `tree`: starts it, with `Supervisor.startLink`. What it throws is why the application does not start. */
  readonly start?: (type: ApplicationType) => LocalGenerator<Started<S>>;
  /** What is done once the tree is up, one after the other, from the top (R-1208). An error stops the tree, and the application has not started. */
  readonly phases?: Readonly<Record<string, Phase<S>>>;
  /** Before the tree is stopped (R-1205); what it returns is the state for `stop`, unless that is nothing. Not called when the tree has ended by itself. */
  readonly prepStop?: (state: S) => LocalGenerator<S | undefined | void>;
  /** After the tree has ended. */
  readonly stop?: (state: S) => LocalGenerator<unknown>;
  /** How long it may take to stop, before all of it is killed (R-1206): `"infinity"` unless said. */
  readonly stopWithin?: Duration;
}

/** An application that can be started on any node: once at a time on each. */
export class ApplicationDefinition<S = any> {
  readonly name: string;
  readonly dependencies: readonly ApplicationDefinition[];
  readonly optional: readonly string[];
  readonly includes: readonly ApplicationDefinition[];
  readonly type: ApplicationType;
  readonly stopWithinMs: number;
  readonly spec: ApplicationSpec<S>;

  constructor(spec: ApplicationSpec<S>) {
    const { name, dependencies = [], optional = [], includes = [], type = "temporary", stopWithin = "infinity" } = spec;
    this.name = name;
    this.dependencies = dependencies;
    this.optional = optional;
    this.includes = includes;
    this.type = type;
    this.stopWithinMs = durationMs(stopWithin, `stopWithin of application ${describe(name)}`);
    this.spec = spec;
  }
}

const types: readonly unknown[] = ["permanent", "transient", "temporary"] satisfies ApplicationType[];

/**
 * Defines an application: a tree, what it needs to run before, and what is done when it starts and stops.
 *
 * ```ts
 * import { Application, Supervisor, type Self } from "espalier";
 *
 * function* idle(self: Self<never>) {
 *   for (;;) yield* self.receive();
 * }
 *
 * const tree = Supervisor.define({ children: [Supervisor.worker("idle", idle, [])] });
 *
 * export const Database = Application.define({ name: "database", tree });
 * export const Shop = Application.define({ name: "shop", dependencies: [Database], tree });
 * ```
 *
 * @throws TypeError or RangeError naming the option, what was expected, and what came.
 */
export function define<S = undefined>(spec: ApplicationSpec<S>): ApplicationDefinition<S> {
  const { name, dependencies = [], optional = [], includes = [], type = "temporary", tree, start } = spec;
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`name: expected a non-empty string, got ${describe(name)}`);
  }
  const of = (option: string): string => `${option} of application ${describe(name)}`;
  checkType(type, of("type"));
  for (const [option, list] of Object.entries({ dependencies, includes })) {
    if (!Array.isArray(list) || list.some((one) => !(one instanceof ApplicationDefinition))) {
      throw new TypeError(
        `${of(option)}: expected applications, as Application.define makes them, got ${describe(list)}`,
      );
    }
  }
  if (!Array.isArray(optional) || optional.some((one) => typeof one !== "string")) {
    throw new TypeError(`${of("optional")}: expected names of applications, got ${describe(optional)}`);
  }
  if ((tree === undefined) === (start === undefined)) {
    throw new TypeError(`application ${describe(name)}: expected either a tree or a function start`);
  }
  if (tree !== undefined && !(tree instanceof SupervisorDefinition)) {
    throw new TypeError(`${of("tree")}: expected a supervisor, as Supervisor.define makes it, got ${describe(tree)}`);
  }
  return new ApplicationDefinition(spec);
}

/** @throws TypeError naming `where`. */
export function checkType(type: ApplicationType, where: string): void {
  if (!types.includes(type)) throw notOneOf(where, types, type);
}
