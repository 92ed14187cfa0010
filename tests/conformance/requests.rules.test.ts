import { conform } from "./conform.ts";
import { requests } from "./rules/requests.ts";

conform(requests);
