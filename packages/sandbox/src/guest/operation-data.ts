import { Operation } from "@espalier/heartbeat";
import { type Frame, isFrame, OperationRefusedError, RemoteOperation } from "@espalier/runtime";
import { codeFunctions } from "@espalier/code";
import { operationsAsData } from "../operations.ts";

/** Keeps a generator, and gives its number. */
type Enter = (frame: Frame) => number;

/**
 * An operation as it leaves a sandbox. Most are values that travel; the others become type and fields.
 *
 * @throws OperationRefusedError for what can only be done in a node itself.
 */
export function operationData(operation: Operation<any, any>, enter: Enter): unknown {
  if (operation instanceof RemoteOperation && "cause" in operation && "value" in operation) {
    const { value, cause } = operation;
    return { type: "remote.outcome", fields: { value, cause } };
  }
  const { type } = operation;
  if (type === "remote.promise")
    throw new OperationRefusedError(type, "a sandbox reaches nothing that there would be promises of");
  if (!operationsAsData.has(type)) return operation;
  const fields: Record<string, unknown> = Object.fromEntries(Object.entries(operation));
  delete fields["type"];
  if ("what" in fields) fields["what"] = whatData(fields["what"], enter);
  if ("body" in fields) fields["body"] = whatData(fields["body"], enter, false);
  return { type, fields };
}

/** @param isCalled whether a function of the sandbox is called to see what it makes: where the node would call it at once. */
function whatData(what: unknown, enter: Enter, isCalled = true): unknown {
  if (typeof what === "function") {
    if (isCalled) return whatData((what as () => unknown)(), enter);
    if (codeFunctions.standIn(what) !== undefined) return { function: what };
    throw new TypeError("a process in a sandbox begins with a remote, not with another function");
  }
  if (what instanceof Operation) return operationData(what, enter);
  if (isFrame(what)) return { frame: enter(what) };
  throw new TypeError(`expected an operation, a generator or a function that makes one, got ${typeof what}`);
}
