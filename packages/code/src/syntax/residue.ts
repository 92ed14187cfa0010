import type { CallExpression, Expression, Literal, MemberExpression, Statement, StaticBlock } from "acorn";

/**
 * What compilers, bundlers and coverage tools write into a function, and what it was before. Only the author's own text is cleaned:
 * text from a peer has no residue, because what travels is printed from the tree.
 */
export interface Tools {
  /** The declared dependency or builtin that a name, or the member of a namespace, stands for; null when it is what it says. */
  original(name: string, member: string | null): Original | null;
}

/** What a name stood for: a free name, or the member of a namespace that is one. */
export interface Original {
  readonly name: string;
  readonly member: string | null;
}

/** esbuild's keepNames: `__name(f, "f")` is `f`. */
const keepName = /^_*__name\d*$/;
/** What vite and vitest make of an import: `import { x }` becomes `__vi_import_0__.x`. */
const viteImport = /^__vi(te)?(_ssr)?_import_\d+__$/;
/** What TypeScript and swc make of an import in CommonJS: `util_1.x`. */
const commonJsImport = /^[A-Za-z_$][\w$]*_\d+$/;
/** Istanbul's counters: `cov_1abc().s[0]++`. */
const counter = /^cov_\w+$/;
/** What TypeScript, swc, esbuild and Babel call for syntax that their target does not have. */
const helper = new RegExp(
  `^(?:${[
    "__(?:assign|awaiter|generator|rest|read|values|spread\\w*|extends|decorate|param|metadata|await|asyncGenerator|asyncDelegator|asyncValues|async)",
    "__(?:makeTemplateObject|classPrivate\\w+|addDisposableResource|disposeResources|esDecorate|runInitializers|propKey|setFunctionName)",
    "__(?:publicField|private\\w+|accessCheck|defNormalProp|defProp|spreadValues|spreadProps|objRest|template|pow|yieldStar|forAwait|using|callDispose|superGet|superWrapper)",
    "_ts_\\w+|_define_property|_defineProperty\\w*|_class_\\w+|_classPrivate\\w+|_classCallCheck|_createClass|_assertClassBrand|_checkPrivateRedeclaration",
    "_object_\\w+|_object(?:Spread|WithoutProperties)\\w*|_to_(?:consumable_array|array|property_key|primitive)|_to(?:ConsumableArray|Array|PropertyKey|Primitive)",
    "_sliced_to_array|_slicedToArray|_array_\\w+|_tagged_template_literal\\w*|_taggedTemplateLiteral\\w*|_async_\\w+|_async\\w*(?:ToGenerator|Iterator)|_wrap\\w+|_extends|_inherits",
    "_call_super|_get_prototype_of|_instanceof|_type_of|_create_\\w+|_regenerator\\w*|regeneratorRuntime",
  ].join("|")})\\d*$`,
);

function isKeepName(name: string): boolean {
  return keepName.test(name);
}

export function isViteImport(name: string): boolean {
  return viteImport.test(name);
}

export function isCompilerHelper(name: string): boolean {
  return helper.test(name);
}

export function isCommonJsImport(name: string): boolean {
  return commonJsImport.test(name);
}

/** `cov_1abc().s[0]++`. */
export function isCounter(node: Expression | Literal): boolean {
  if (node.type !== "UpdateExpression" && node.type !== "CallExpression") return false;
  let inner: Expression | MemberExpression["object"] = node.type === "UpdateExpression" ? node.argument : node;
  while (inner.type === "MemberExpression") inner = inner.object;
  return inner.type === "CallExpression" && inner.callee.type === "Identifier" && counter.test(inner.callee.name);
}

/** `static { __name(this, "Name"); }` */
export function isNamingBlock(block: StaticBlock): boolean {
  const [only, ...more] = block.body as readonly Statement[];
  return only?.type === "ExpressionStatement" && more.length === 0 && isNaming(only.expression);
}

/** `__name(f, "f")` */
export function isNaming(call: Expression): call is CallExpression {
  return call.type === "CallExpression" && call.callee.type === "Identifier" && isKeepName(call.callee.name);
}
