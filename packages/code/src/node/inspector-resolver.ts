import inspector from "node:inspector";
import type { Resolver } from "../resolver.ts";

type Properties = inspector.Runtime.GetPropertiesReturnType;

/** Where the inspector's expressions find what they are about: nothing else can hand it an object of this program. */
const exchange = Symbol.for("espalier.inspected");
const holder = globalThis as { [exchange]?: { function: Function; value: unknown } };

/**
 * A {@link Resolver} that asks V8's inspector, in this thread and without opening a port. Where the inspector is not available (built
 * without it, or denied by Node's permission model) it finds nothing, and definitions go by names alone.
 */
export function inspectorResolver(): Resolver {
  const session = connect();
  return {
    variables: (f, names) => (session === null ? null : ask(session, f, () => variablesOf(session, names))),
    line: (f) => (session === null ? null : ask(session, f, () => lineOf(session))),
    script: (f) => (session === null ? null : ask(session, f, () => scriptOf(session))),
  };
}

function connect(): inspector.Session | null {
  try {
    const session = new inspector.Session();
    session.connect();
    return session;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_ACCESS_DENIED" || code === "ERR_INSPECTOR_NOT_AVAILABLE") return null;
    throw error;
  }
}

/** Makes `f` known to the inspector while `question` is asked. */
function ask<Answer>(session: inspector.Session, f: Function, question: () => Answer): Answer {
  holder[exchange] = { function: f, value: undefined };
  try {
    return question();
  } finally {
    delete holder[exchange];
    post(session, "Runtime.releaseObjectGroup", { objectGroup: exchange.description });
  }
}

function lineOf(session: inspector.Session): number | null {
  const location = internal(inspect(session), "[[FunctionLocation]]")?.value as { lineNumber?: number } | undefined;
  return location?.lineNumber === undefined ? null : location.lineNumber + 1;
}

/** The inspector tells of all scripts that there are when it begins to debug, and of one by its number only. */
function scriptOf(session: inspector.Session): string | null {
  const location = internal(inspect(session), "[[FunctionLocation]]")?.value as { scriptId?: string } | undefined;
  let url: string | null = null;
  const see = ({ params }: inspector.InspectorNotification<inspector.Debugger.ScriptParsedEventDataType>): void => {
    if (params.scriptId === location?.scriptId) url = params.url;
  };
  session.on("Debugger.scriptParsed", see);
  try {
    post(session, "Debugger.enable", {});
  } finally {
    session.off("Debugger.scriptParsed", see);
    post(session, "Debugger.disable", {});
  }
  return url;
}

function variablesOf(session: inspector.Session, names: readonly string[]): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  for (const { description, object } of scopesOf(session)) {
    // The global scope is the same under every tool.
    if (description.startsWith("Global")) continue;
    for (const name of names) if (!found.has(name) && Object.hasOwn(object, name)) take(object, name, found);
  }
  return found;
}

/** One scope around a function: `object` has its variables as properties. */
interface ScopeEntry {
  readonly description: string;
  readonly object: object;
}

/**
 * The scopes, the innermost first. The inspector is asked for all of them at once, as the objects that it makes of them: to list the
 * variables of a module it would describe each, and so print the text of every function in it.
 */
function scopesOf(session: inspector.Session): readonly ScopeEntry[] {
  const scopes = internal(inspect(session), "[[Scopes]]")?.objectId;
  if (scopes === undefined) return [];
  const functionDeclaration = `function () { globalThis[Symbol.for(${JSON.stringify(exchange.description)})].value = this; }`;
  post(session, "Runtime.callFunctionOn", { objectId: scopes, functionDeclaration });
  // A list without methods.
  return Array.from(holder[exchange]?.value as ArrayLike<ScopeEntry>);
}

/** A variable that has no value yet throws when it is read, and is missing. */
function take(scope: object, name: string, into: Map<string, unknown>): void {
  try {
    into.set(name, Reflect.get(scope, name));
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
  }
}

/** The function itself, as the inspector sees it. */
function inspect(session: inspector.Session): Properties {
  const expression = `globalThis[Symbol.for(${JSON.stringify(exchange.description)})].function`;
  const answer = post<inspector.Runtime.EvaluateReturnType>(session, "Runtime.evaluate", {
    expression,
    objectGroup: exchange.description,
  });
  return properties(session, answer.result.objectId as string);
}

function properties(session: inspector.Session, objectId: string): Properties {
  return post<Properties>(session, "Runtime.getProperties", { objectId, ownProperties: true });
}

function internal({ internalProperties }: Properties, name: string): inspector.Runtime.RemoteObject | undefined {
  return internalProperties?.find((property) => property.name === name)?.value;
}

/** In the same thread the answer is there when the call returns. */
function post<Answer>(session: inspector.Session, method: string, parameters: object): Answer {
  let outcome: { error: Error | null; answer: unknown } | null = null;
  session.post(method, parameters, (error: Error | null, answer?: object) => {
    outcome = { error, answer };
  });
  const { error, answer } = (outcome ?? {
    error: new Error(`the inspector did not answer ${method}`),
    answer: null,
  }) as {
    error: Error | null;
    answer: unknown;
  };
  if (error !== null) throw error;
  return answer as Answer;
}
