import { builtin } from "@espalier/code";
import { NodeRef, Process, Remote } from "@espalier/runtime";

// What definitions may use without declaring it, as every node of the package espalier provides it.
builtin("NodeRef", NodeRef);
builtin("Process", Process);
builtin("Remote", Remote);
