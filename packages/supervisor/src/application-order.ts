import type { ApplicationDefinition, Phase } from "./application-definition.ts";

/** What the order of applications depends on. */
export interface Dependent<A> {
  readonly name: string;
  readonly dependencies: readonly A[];
  /** Names: they count where there is such an application. */
  readonly optional: readonly string[];
}

/** What an application needs, itself left out: its dependencies, and those of its optional ones that are there (R-1203). */
export function needsOf<A extends Dependent<A>>(application: A, find: (name: string) => A | undefined): readonly A[] {
  const optional = application.optional.flatMap((name) => find(name) ?? []);
  return [...application.dependencies, ...optional];
}

/** The first thing that it needs and that does not run; null when it can be started (R-1201). */
export function missingOf<A extends Dependent<A>>(
  application: A,
  find: (name: string) => A | undefined,
  runs: (name: string) => boolean,
): string | null {
  return needsOf(application, find).find(({ name }) => !runs(name))?.name ?? null;
}

/** In which order an application and all that it needs are to be started (R-1202): whatever is needed comes before whoever needs it. */
export type StartOrder<A> =
  | { readonly type: "order"; readonly applications: readonly A[] }
  /** They need each other, in this order. */
  | { readonly type: "circle"; readonly names: readonly string[] };

export function startOrder<A extends Dependent<A>>(top: A, find: (name: string) => A | undefined): StartOrder<A> {
  const order: A[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (application: A): readonly string[] | null => {
    const { name } = application;
    if (done.has(name)) return null;
    const begin = trail.indexOf(name);
    if (begin >= 0) return [...trail.slice(begin), name];
    trail.push(name);
    for (const needed of needsOf(application, find)) {
      const circle = visit(needed);
      if (circle !== null) return circle;
    }
    trail.pop();
    done.add(name);
    order.push(application);
    return null;
  };
  const names = visit(top);
  return names === null ? { type: "order", applications: order } : { type: "circle", names };
}

/** The phases of an application and of what it includes, in the order in which they run (R-1208): each phase of the top, then the same of its parts. */
export function phasesOf(top: ApplicationDefinition): readonly Phase[] {
  const within = ({ spec: { phases = {} }, includes }: ApplicationDefinition, name: string): readonly Phase[] => {
    const phase = Object.hasOwn(phases, name) ? phases[name] : undefined;
    return [...(phase === undefined ? [] : [phase]), ...includes.flatMap((part) => within(part, name))];
  };
  return Object.keys(top.spec.phases ?? {}).flatMap((name) => within(top, name));
}
