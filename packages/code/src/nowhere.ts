import type { Definition } from "./definition.ts";
import { CodeRefusedError } from "./errors.ts";
import type { Evaluator } from "./evaluator.ts";

/** Runs nothing: where the code of peers that are not trusted runs on a node without a sandbox. */
export const nowhere: Evaluator = refusing(
  "may not run on this node: its sender is not trusted, and the node has no sandbox; give it one, `sandbox`, or name the sender in `trust`",
);

/** Runs nothing: where the code of a peer runs whose key this node has revoked. What has begun already is not asked. */
export const revoked: Evaluator = refusing(
  "does not run on this node any more: the key of its sender was revoked here",
);

/** @param why what is said of a definition after its name and hash. */
function refusing(why: string): Evaluator {
  const refuse = ({ name, hash }: Definition): never => {
    throw new CodeRefusedError(`${name} (${hash}) ${why}`);
  };
  return { place: "nowhere", begin: refuse, resume: refuse, value: refuse };
}
