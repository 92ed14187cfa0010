import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Plane } from "../protocol/capability.ts";
import type { Followed, Frame, Subscription } from "../protocol/frames.ts";
import type { Method, Parameters, Result, Trouble } from "../protocol/requests.ts";
import type { NodeSheet } from "../protocol/sheets.ts";
import { put } from "./asking.ts";
import { route } from "./route.ts";

export { TroubleError } from "../protocol/trouble-error.ts";

/**
 * How the page stands with the program. `file`: there is no program behind it, only a recording. `ended`: the program said so.
 */
export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "open" }
  | { readonly state: "file" }
  | { readonly state: "lost"; readonly why: string; readonly retryAtMs: number }
  | { readonly state: "ended"; readonly why: string; readonly retryAtMs: number }
  | { readonly state: "refused"; readonly why: string; readonly hint: string | null };

export const connection: Signal<Connection> = signal({ state: "connecting" });
export const planes: Signal<readonly Plane[]> = signal([]);
export const nodes: Signal<readonly NodeSheet[]> = signal([]);
/** The one that is looked at: the route's, or else the first. Null: none is known. */
export const currentNode: ReadonlySignal<NodeSheet | null> = computed(
  () => nodes.value.find(({ id }) => id === route.value.node) ?? nodes.value[0] ?? null,
);
/** Since when what is shown stays as it was; null: it is live. */
export const pausedAtMs: Signal<number | null> = signal(null);
/** Something to tell the user. */
export interface Note {
  readonly serial: number;
  readonly from: "program" | "page";
  readonly text: string;
}

/** What the program, and the page, want the user to know: the newest of each. */
export const notes: Signal<readonly Note[]> = signal([]);
/** How often the program has been started anew since the page was opened. */
export const restartsOfProgram: Signal<number> = signal(0);
/** Values that the server did not send, because the page was too slow for them. */
export const skipped: Signal<number> = signal(0);

/** Whether the token allows it. */
export function may(plane: Plane): boolean {
  return planes.value.includes(plane);
}

/**
 * Asks the current node one thing, or the node that the parameters name. Rejects with a {@link TroubleError}, which says what was wrong and
 * what to do next, or with a TypeError when the program cannot be reached.
 */
export async function ask<M extends Method>(method: M, parameters: Parameters<M>): Promise<Result<M>> {
  return put<M>({ method, parameters: ofNode(parameters) });
}

/** Something that components follow, together. */
interface Following {
  readonly subscription: Subscription;
  readonly value: Signal<Result<Followed> | null>;
  readonly trouble: Signal<Trouble | null>;
  followers: number;
  /** What came while the page was paused. */
  held: Result<Followed> | null;
}

const followings = new Map<string, Following>();
const byId = new Map<string, Following>();
/** Moves with every change of what is followed; the connection tells the server. */
export const followed: Signal<number> = signal(0);
let lastId = 0;

/** What the page follows now. */
export function subscriptions(): readonly Subscription[] {
  return [...byId.values()].map(({ subscription }) => subscription);
}

/** What was followed, and the answer to it. */
export interface Answer<M extends Followed> {
  readonly parameters: Parameters<M>;
  readonly value: Result<M>;
}

/** Follows a method while the component is there: its last answer, null until there is one. */
export function useFollow<M extends Followed>(method: M, parameters: Parameters<M>): Result<M> | null {
  return useFollowing(method, parameters).value.value;
}

/** Why what the component follows has no answer; null: nothing is wrong. */
export function useTrouble<M extends Followed>(method: M, parameters: Parameters<M>): Trouble | null {
  return useFollowing(method, parameters).trouble.value;
}

/**
 * As {@link useFollow}, for what is scrolled and filtered: until the answer to new parameters is there, it gives the one before, with the
 * parameters that it was for. One of another node is never given.
 */
export function useLatest<M extends Followed>(method: M, parameters: Parameters<M>): Answer<M> | null {
  const value = useFollow(method, parameters);
  const node = currentNode.value?.id;
  const last = useRef<(Answer<M> & { readonly node: string | undefined }) | null>(null);
  if (value !== null) last.current = { parameters, value, node };
  return last.current?.node === node ? last.current : null;
}

function useFollowing<M extends Followed>(method: M, parameters: Parameters<M>): Following {
  const whole = ofNode(parameters);
  const key = JSON.stringify([method, whole]);
  const following = useMemo(() => followingOf(key, method, whole), [key]);
  useEffect(() => {
    if (following.followers === 0) {
      followings.set(key, following);
      byId.set(following.subscription.id, following);
      followed.value += 1;
    }
    following.followers += 1;
    return () => {
      following.followers -= 1;
      if (following.followers > 0) return;
      followings.delete(key);
      byId.delete(following.subscription.id);
      followed.value += 1;
    };
  }, [following]);
  return following;
}

function followingOf<M extends Followed>(key: string, method: M, parameters: Parameters<M>): Following {
  const known = followings.get(key);
  if (known !== undefined) return known;
  lastId += 1;
  // A method with its own parameters is a subscription: the type cannot say so for a method that is not known yet.
  const subscription = { id: `s${lastId}`, method, parameters } as Subscription;
  return { subscription, value: signal(null), trouble: signal(null), followers: 0, held: null };
}

function ofNode<P extends object>(parameters: P): P {
  const node = currentNode.value?.id;
  return node === undefined || "node" in parameters ? parameters : { ...parameters, node };
}

/** Takes what the server says about something that is followed. While the page is paused, it fills only what is empty. */
export function receive(frame: Extract<Frame, { readonly type: "value" | "trouble" }>): void {
  const following = byId.get(frame.id);
  if (following === undefined) return;
  if (frame.type === "trouble") {
    following.trouble.value = frame.error;
  } else if (pausedAtMs.peek() !== null && following.value.peek() !== null) {
    following.held = frame.value;
  } else {
    batch(() => {
      following.value.value = frame.value;
      following.trouble.value = null;
    });
  }
}

/** Keeps what is shown, or goes on. */
export function pause(paused: boolean): void {
  if ((pausedAtMs.peek() !== null) === paused) return;
  batch(() => {
    pausedAtMs.value = paused ? Date.now() : null;
    if (paused) return;
    for (const following of byId.values()) {
      if (following.held !== null) following.value.value = following.held;
      following.held = null;
    }
  });
}
