import type { Followed, StreamRequest, StreamUpdate, Subscription } from "./frames.ts";
import { Fields } from "./parse-fields.ts";
import { takeQuestion } from "./parse-question.ts";
import { invalid } from "./trouble-error.ts";

/** What can be followed. */
export const followedMethods: readonly Followed[] = [
  "overview",
  "table",
  "tree",
  "process",
  "crashes",
  "lifetimes",
  "network",
];

/** Of one stream, at most. */
export const subscriptionsMax = 32;

/** The body of `POST /v1/stream`. @throws TroubleError that names the field. */
export function parseStreamRequest(value: unknown): StreamRequest {
  const fields = new Fields(value, "stream");
  const subscriptions = subscriptionsOf(fields);
  fields.end();
  return { subscriptions };
}

/** The body of `POST /v1/subscriptions`. @throws TroubleError that names the field. */
export function parseStreamUpdate(value: unknown): StreamUpdate {
  const fields = new Fields(value, "update");
  const update = { stream: fields.text("stream"), subscriptions: subscriptionsOf(fields) };
  fields.end();
  return update;
}

function subscriptionsOf(fields: Fields): readonly Subscription[] {
  const value = fields.take("subscriptions");
  const where = fields.name("subscriptions");
  if (!Array.isArray(value) || value.length > subscriptionsMax) {
    throw invalid(where, `an array of at most ${subscriptionsMax} subscriptions`, value);
  }
  const ids = new Set<string>();
  return value.map((item: unknown, index) => {
    const one = new Fields(item, `${where}[${index}]`);
    const id = one.text("id", 64);
    if (ids.has(id)) throw invalid(one.name("id"), "an id of its own for each subscription", id);
    ids.add(id);
    const question = takeQuestion(one, followedMethods);
    one.end();
    // Each method has its own parameters: they were read by the method.
    return { id, ...question } as Subscription;
  });
}
