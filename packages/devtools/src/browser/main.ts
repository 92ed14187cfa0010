import { render } from "preact";
import { connect } from "./connection.ts";
import { h } from "./h.ts";
import { Shell } from "./shell/shell.ts";

connect();
render(h(Shell, null), document.body);
