import type { Definition } from "./definition.ts";
import { CodeRefusedError } from "./errors.ts";
import type { Evaluator } from "./evaluator.ts";

/** Runs nothing: where the code of peers that are not trusted runs on a node without a sandbox. */
export const nowhere: Evaluator = {
  place: "nowhere",
  begin: refuse,
  resume: refuse,
  value: refuse,
};

function refuse({ name, hash }: Definition): never {
  throw new CodeRefusedError(
    `${name} (${hash}) may not run on this node: its sender is not trusted, and the node has no sandbox; give it one, \`sandbox\`, or name the sender in \`trust\``,
  );
}

/** Runs nothing: where the code of a peer runs whose key this node has revoked. What has begun already is not asked. */
export const revoked: Evaluator = {
  place: "nowhere",
  begin: refuseRevoked,
  resume: refuseRevoked,
  value: refuseRevoked,
};

function refuseRevoked({ name, hash }: Definition): never {
  throw new CodeRefusedError(
    `${name} (${hash}) does not run on this node any more: the key of its sender was revoked here`,
  );
}
